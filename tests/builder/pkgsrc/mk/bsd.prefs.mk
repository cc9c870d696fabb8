# What every package of this little tree may ask for before it says what it is.
.if !defined(_PREFS_MK)
_PREFS_MK=	# defined
.  if defined(MAKECONF) && exists(${MAKECONF})
.    include "${MAKECONF}"
.  endif
LOCALBASE?=	/usr/pkg
PREFIX=		${LOCALBASE}
PKGPATH=	${.CURDIR:C,^.*/([^/]*/[^/]*)$,\1,}
WRKOBJDIR?=	/tmp
DISTDIR?=	${WRKOBJDIR}/distfiles
WRKDIR=		${WRKOBJDIR}/${PKGPATH}/work
WRKSRC?=	${WRKDIR}/${DISTNAME}
DESTDIR=	${WRKDIR}/.destdir
PKG_DB_TMPDIR=	${WRKDIR}/.pkgdb
FILESDIR=	${.CURDIR}/files
CC?=		cc
.endif
