# The options framework in small: PKG_OPTIONS is what PKG_OPTIONS_VAR asks for on top of what the package suggests.
.include "bsd.prefs.mk"
PKG_OPTIONS:=	${PKG_SUGGESTED_OPTIONS}
.for _option in ${${PKG_OPTIONS_VAR}}
.  if "${_option:M-*}" != ""
PKG_OPTIONS:=	${PKG_OPTIONS:N${_option:C,^-,,}}
.  else
PKG_OPTIONS:=	${PKG_OPTIONS} ${_option}
.  endif
_KNOWN:=	${PKG_SUPPORTED_OPTIONS:M${_option:S,^-,,}}
.  if empty(_KNOWN)
.    error "ERROR: [bsd.options.mk] The following selected options are not supported: ${_option}"
.  endif
.endfor
