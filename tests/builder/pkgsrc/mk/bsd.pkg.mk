# The targets that nipsys asks of a tree: show-vars, stage-install, generate-metadata. Written for these tests alone.
.include "bsd.prefs.mk"
PKGNAME?=	${DISTNAME}
all: build
.PHONY: all show-vars extract build stage-install generate-metadata do-build do-install

show-vars:
.for _name in ${VARNAMES}
	@printf '%s\n' ${${_name}:Q}
.endfor

extract:
	@mkdir -p ${WRKSRC} ${DESTDIR}${PREFIX} ${PKG_DB_TMPDIR}
.for _file in ${DISTFILES}
	@tar -C ${WRKDIR} -xf ${DISTDIR}/${_file}
.endfor
	@if [ -d ${FILESDIR} ]; then cp -R ${FILESDIR}/. ${WRKSRC}/; fi

build: extract
	cd ${WRKSRC} && ${MAKE} -f ${.CURDIR}/Makefile -C ${.CURDIR} do-build

stage-install: build
	cd ${WRKSRC} && ${MAKE} -f ${.CURDIR}/Makefile -C ${.CURDIR} do-install

generate-metadata: stage-install
	@{ echo "@name ${PKGNAME}"; echo "@cwd ${PREFIX}"; ${.CURDIR}/../../mk/plist ${PLIST_VARS:@_v@${_v}=${PLIST.${_v}:Uno}@} < ${.CURDIR}/PLIST; \
	   echo "@cwd ."; echo "@ignore"; echo "+COMMENT"; } > ${PKG_DB_TMPDIR}/+CONTENTS
