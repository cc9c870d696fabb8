PKG_OPTIONS_VAR=	PKG_OPTIONS.np-hello
PKG_SUPPORTED_OPTIONS=	doc loud
PKG_SUGGESTED_OPTIONS=	loud
.include "../../mk/bsd.options.mk"

PLIST_VARS+=	doc
.if !empty(PKG_OPTIONS:Mdoc)
PLIST.doc=	yes
.endif
.if !empty(PKG_OPTIONS:Mloud)
CFLAGS+=	-DLOUD
.endif
