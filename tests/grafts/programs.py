"""The programs of the proof: what is asked for, and a script that makes each do real work.

A script is read by ``bash -eu`` in an empty directory of its own, on a host that has nothing but busybox and a static
bash; ``PATH`` leads to the exposed programs first. It passes when it exits with 0.
"""

from typing import NamedTuple


class Program(NamedTuple):
    name: str
    packages: tuple[str, ...]
    """Debian packages asked for."""
    script: str


def program(packages: str, script: str) -> Program:
    asked = tuple(packages.split())
    return Program(asked[0], asked, script)


FIRST = (
    program("jq", """echo '{"a":[1,2,{"b":"x"}]}' | jq -r '.a[2].b' | grep -qx x"""),
    program("ripgrep", "mkdir d; echo needle > d/f; rg -n needle d | grep -q 'd/f:1:needle'"),
    program("fd-find", "mkdir -p a/b; : > a/b/found.txt; fdfind found | grep -q a/b/found.txt"),
    program("bat", "echo 'int main;' > x.c; batcat --color=always --style=numbers x.c | grep -q '1'"),
    program("vim", "echo hello > f; vim -Nu NONE -es -c '%s/hello/world/' -c 'syntax on' -c wq f < /dev/null; grep -qx world f; vim --version | grep -q '^VIM'"),
    program("neovim", """nvim --headless -u NONE -c 'lua vim.fn.writefile({vim.inspect({1,2})}, "o")' -c 'runtime! syntax/c.vim' -c q; grep -q '{ 1, 2 }' o"""),
    program("git ca-certificates", """
        export HOME=$PWD; git config --global user.email a@b.c; git config --global user.name n
        git init -q r; cd r; echo 1 > f; git add f; git commit -q -m one; cd ..; git clone -q r s; git -C s log --oneline | grep -q one"""),
    program("tmux", "tmux -L t -f /dev/null new-session -d 'sleep 30'; tmux -L t ls | grep -q windows; tmux -L t kill-server"),
    program("htop", "htop --version | grep -q htop; (sleep 1; printf q) | TERM=xterm timeout 10 htop -d 5 > out || true; test -s out"),
    program("curl ca-certificates", """
        mkdir w; echo body > w/f; busybox httpd -f -p 127.0.0.1:18081 -h w & sleep 1; curl -s http://127.0.0.1:18081/f | grep -qx body; kill $!
        curl -sI https://localhost:1 || test $? -eq 7"""),
    program("nginx-light", """
        mkdir w; echo page > w/index.html
        printf 'daemon off; pid %s/pid; error_log %s/e; events {} http { access_log off; client_body_temp_path %s/b; proxy_temp_path %s/p; fastcgi_temp_path %s/c; uwsgi_temp_path %s/u; scgi_temp_path %s/s; include /etc/nginx/mime.types; server { listen 127.0.0.1:18082; root %s/w; } }' $PWD $PWD $PWD $PWD $PWD $PWD $PWD $PWD > n.conf
        nginx -c $PWD/n.conf -e $PWD/e & sleep 1; busybox wget -q -O - http://127.0.0.1:18082/ | grep -qx page; kill $!"""),
    program("redis-server", """
        redis-server --port 0 --unixsocket $PWD/s --dir $PWD --save '' > log & n=0; while [ ! -S s ] && [ $n -lt 50 ]; do n=$((n+1)); sleep 0.1; done
        redis-cli -s $PWD/s set k v | grep -q OK; redis-cli -s $PWD/s get k | grep -q v; redis-cli -s $PWD/s eval 'return 6*7' 0 | grep -q 42; redis-cli -s $PWD/s shutdown nosave; wait"""),
    program("postgresql-17", """
        export LC_ALL=C.UTF-8; initdb -D $PWD/d -U me --auth=trust > log 2>&1
        pg_ctl -D $PWD/d -w -o "-k $PWD -c listen_addresses=''" -l pg start > /dev/null
        psql -h $PWD -U me -d postgres -Atc "create table t(a int); insert into t select generate_series(1,10); select sum(a) from t" | grep -qx 55
        pg_ctl -D $PWD/d -m fast stop > /dev/null"""),
    program("sqlite3", "sqlite3 t.db 'create table t(a); insert into t values(1),(2); select sum(a) from t' | grep -qx 3"),
    program("python3", """
        cat > x.py <<'END'
import ctypes, hashlib, json, multiprocessing, sqlite3, ssl, subprocess, sys
if __name__ == "__main__":
    assert subprocess.check_output([sys.executable, "-c", "print(40+2)"]) == b"42\\n"
    assert ssl.create_default_context() and sys.prefix.endswith("/usr")
    print(sum(multiprocessing.Pool(2).map(abs, [-40, 2])))
END
        python3 x.py | grep -qx 42"""),
    program("perl", """perl -MPOSIX -MData::Dumper -MList::Util=sum -MEncode -e 'print sum(1..4), POSIX::floor(2.5), "\\n"' | grep -qx 102"""),
    program("ruby", """ruby -rjson -ropenssl -rset -e 'puts JSON.generate({"a"=>[1,2]})' | grep -q '"a":\\[1,2\\]'"""),
    program("nodejs", """node -e 'const c=require("crypto");const z=require("zlib");console.log(c.createHash("sha256").update("a").digest("hex").slice(0,6), new Intl.NumberFormat("de-DE").format(1234.5))' | grep -q 'ca9781 1.234,5'"""),
    program("ffmpeg", """
        ffmpeg -loglevel error -f lavfi -i testsrc=size=64x64:rate=5:duration=1 -c:v libx264 -pix_fmt yuv420p o.mp4
        ffprobe -loglevel error -show_entries stream=codec_name -of csv=p=0 o.mp4 | grep -qx h264"""),
    program("imagemagick fonts-dejavu-core", "convert -size 40x40 xc:red -font DejaVu-Sans -annotate +5+20 hi o.png; identify o.png | grep -q 'PNG 40x40'; convert o.png o.jpg; test -s o.jpg"),
    program("graphviz fonts-dejavu-core", "echo 'digraph{a->b}' | dot -Tsvg | grep -q '<svg'; echo 'digraph{a->b}' | dot -Tpng > o.png; test -s o.png"),
    program("gnuplot-nox", """echo 'set term svg; set output "o.svg"; plot sin(x)' | gnuplot; grep -q '<svg' o.svg"""),
    program("octave", r"""octave-cli --norc --eval 'A=[1 2;3 4]; disp(det(A)); x=A\[1;2]; printf("%d\n", round(sum(eig(A))))' > o; grep -qx 5 o; grep -q -- -2 o"""),
    program("emacs-nox", """emacs --batch --eval '(progn (require (quote org)) (princ (format "%s %s" (string-to-number "42") (org-version))))' | grep -q '^42 9'"""),
    program("openjdk-21-jdk-headless", """
        echo 'public class H { public static void main(String[] a) throws Exception { System.out.println("hi " + java.security.MessageDigest.getInstance("SHA-256").getAlgorithm()); } }' > H.java
        javac H.java; java H | grep -qx 'hi SHA-256'"""),
    program("gcc g++ libc6-dev", """
        printf '#include <stdio.h>\\n#include <math.h>\\nint main(int c, char **v){ printf("%%.0f\\\\n", sqrt(c*1764.0)); return 0; }' > x.c; gcc -O2 -flto x.c -o x -lm; gcc -static x.c -o y -lm
        printf '#include <iostream>\\n#include <vector>\\nint main(){ std::vector<int> v{40,2}; std::cout << v[0]+v[1] << std::endl; }' > x.cc; g++ x.cc -o z
        ./y | grep -qx 42; gcc --version | grep -q gcc; sh -c 'bash -c "true"'; run-in-view ./x | grep -qx 42; run-in-view ./z | grep -qx 42"""),
    program("binutils gcc", "echo 'int f(void){return 7;}' > x.c; gcc -c x.c; objdump -d x.o | grep -q '<f>'; ar rcs l.a x.o; nm l.a | grep -q ' T f'; readelf -h x.o | grep -q ELF64"),
    program("make", "printf 'all: a\\n\\tcat a\\na:\\n\\techo built > a\\n' > Makefile; make | grep -qx built"),
    program("cmake make gcc g++ libc6-dev", """
        printf 'cmake_minimum_required(VERSION 3.10)\\nproject(x C)\\nadd_executable(x x.c)\\n' > CMakeLists.txt; echo 'int main(void){return 0;}' > x.c
        cmake -B b -S . > log; cmake --build b >> log; test -x b/x"""),
    program("gdb gcc libc6-dev", """
        printf 'int f(int a){return a+1;}\\nint main(void){return f(41);}\\n' > x.c; gcc -g x.c -o x
        gdb -batch -ex 'break f' -ex run -ex 'print a+1' -ex 'python print(6*7)' ./x > o 2>&1; grep -q '= 42' o; grep -qx 42 o"""),
    program("strace", "strace -f -o o true; grep -q execve o"),
    program("zsh", """zsh -f -c 'zmodload zsh/mathfunc zsh/stat; autoload -Uz compinit; print $(( int(sqrt(16)) )) ${(j:,:)${(o)$(echo b a)}}' | grep -q '^4 '"""),
    program("fish", "HOME=$PWD fish -c 'string join , (seq 3); functions -q fish_prompt; and echo yes' > o; grep -qx 1,2,3 o; grep -qx yes o"),
    program("man-db", "mkdir -p m/man1; printf '.TH X 1\\n.SH NAME\\nx - does things\\n' > m/man1/x.1; man -M $PWD/m x | grep -q 'does things'"),
    program("aspell aspell-en", "echo 'helo world' | aspell -a -l en | grep -q 'hello'"),
    program("texlive-latex-base", """
        printf '\\\\documentclass{article}\\\\begin{document}Hello $x^2$\\\\end{document}' > x.tex; HOME=$PWD pdflatex -interaction=batchmode x.tex > log; head -c 5 x.pdf | grep -q '%PDF'"""),
    program("socat", "socat UNIX-LISTEN:s,fork EXEC:cat & sleep 0.5; echo ping | socat -t 1 - UNIX-CONNECT:s | grep -qx ping; kill $!"),
    program("rsync", "mkdir a; echo 1 > a/f; rsync -a a/ b; grep -qx 1 b/f; rsync -a --checksum --itemize-changes a/ b | wc -l | grep -qx 0"),
    program("openssh-client", "ssh-keygen -q -t ed25519 -N '' -f k; ssh-keygen -lf k.pub | grep -q ED25519; eval $(ssh-agent -a $PWD/s) > o; SSH_AUTH_SOCK=$PWD/s ssh-add k 2> o2; SSH_AUTH_SOCK=$PWD/s ssh-add -l | grep -q ED25519; kill $SSH_AGENT_PID"),
    program("gnupg", """
        export GNUPGHOME=$PWD/g; mkdir -m 700 g; gpg --batch --quiet --passphrase '' --quick-gen-key me@x default default 2> log
        echo text > f; gpg --batch --quiet --yes -o f.sig --sign f 2>> log; gpg --batch --verify f.sig 2>&1 | grep -q 'Good signature'; gpgconf --kill all"""),
    program("busybox-static", "busybox sh -c 'echo $((6*7))' | grep -qx 42"),
    program("lua5.4", "lua5.4 -e 'print(string.format(\"%d %s\", 42, table.concat({1,2},\",\")))' | grep -q '42 1,2'"),
    program("r-base-core", "Rscript -e 'x <- solve(matrix(c(2,0,0,4),2)); cat(sum(x), \"\\n\"); cat(median(c(1,5,9)), \"\\n\")' > o; grep -q 0.75 o; grep -q 5 o"),
    program("gimp", """
        export HOME=$PWD; cat > s.py <<'END'
from gi.repository import Gimp, Gegl, Gio
image = Gimp.Image.new(8, 8, Gimp.ImageBaseType.RGB)
layer = Gimp.Layer.new(image, "l", 8, 8, Gimp.ImageType.RGB_IMAGE, 100, Gimp.LayerMode.NORMAL)
image.insert_layer(layer, None, 0)
Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path("o.png"), None)
END
        timeout 200 gimp-console -i --quit --batch-interpreter=plug-in-script-fu-eval -b '(let* ((i (car (gimp-image-new 8 8 RGB))) (l (car (gimp-layer-new i "l" 8 8 RGB-IMAGE 100 LAYER-MODE-NORMAL)))) (gimp-image-insert-layer i l 0 0) (gimp-file-save RUN-NONINTERACTIVE i "o.png"))' > log 2>&1 || true
        head -c 8 o.png | grep -q PNG"""),
    program("python3-gi gir1.2-gtk-3.0 xvfb xauth", """
        cat > w.py <<'END'
import gi
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk, GLib, GdkPixbuf
w = Gtk.Window(title="x"); w.add(Gtk.Image.new_from_icon_name("document-open", Gtk.IconSize.BUTTON)); w.show_all()
assert [f.get_name() for f in GdkPixbuf.Pixbuf.get_formats()]
GLib.timeout_add(500, Gtk.main_quit); Gtk.main(); print("shown", w.get_realized())
END
        rm -f /tmp/.X77-lock; Xvfb :77 -screen 0 320x240x24 -nolisten tcp > xlog 2>&1 & sleep 2; HOME=$PWD DISPLAY=:77 run-in-view python3 w.py > o 2> e || { cat e xlog; kill $!; exit 1; }; kill $!; grep -q 'shown True' o"""),
    program("php-cli", """php -r 'echo json_encode(["a"=>ctype_digit("12")]), PHP_EOL; $d=new Phar("x.phar") ? 1:0;' 2> e | grep -q '{"a":true}'; php -m | grep -qi opcache"""),
    program("ghostscript", "printf '%%!PS\\n/Helvetica findfont 20 scalefont setfont 10 10 moveto (hi) show showpage\\n' > x.ps; gs -q -dBATCH -dNOPAUSE -sDEVICE=png16m -r30 -sOutputFile=o.png x.ps; head -c 4 o.png | grep -q PNG; ps2pdf x.ps o.pdf; test -s o.pdf"),
    program("tcl8.6", "echo 'package require http; puts [expr {6*7}]; puts [clock format 0 -gmt 1 -format %Y]' > x.tcl; tclsh8.6 x.tcl > o; grep -qx 42 o; grep -qx 1970 o"),
    program("file", "printf 'GIF89a\\001\\000\\001\\000' > x; file x | grep -q 'GIF image'; file -i x | grep -q image/gif"),
    program("libc-bin locales", "getconf PAGESIZE | grep -qx 4096; locale -a | grep -qi 'C.utf'; echo abc | iconv -f UTF-8 -t UTF-16LE | wc -c | grep -qx 8; localedef -i de_DE -f UTF-8 $PWD/de_DE.UTF-8; test -d de_DE.UTF-8"),
    program("guile-3.0", "guile -c '(use-modules (srfi srfi-1) (ice-9 match)) (display (fold + 0 (iota 10)))' | grep -qx 45"),
    program("pandoc", "printf '# T\\n\\n*x* $a^2$\\n' | pandoc -s -t html --metadata title=t | grep -q '<em>x</em>'; printf '# T\\n' | pandoc -o o.docx; test -s o.docx"),
    program("less", "printf 'a\\nb\\n' > f; less -F f < /dev/null | grep -qx b; LESSOPEN= less --version | grep -q less"),
    program("bubblewrap", "bwrap --ro-bind / / --dev /dev --unshare-pid echo inside | grep -qx inside"),
)  # fmt: skip
"""The 54 of the measurement that the design rests on."""

MORE = (
    program("openssh-server openssh-client", """
        ssh-keygen -q -t ed25519 -N '' -f hk; ssh-keygen -q -t ed25519 -N '' -f uk; cp uk.pub ak; chmod 600 ak; sshd=$(command -v sshd)
        run-in-view /usr/sbin/sshd -t -f /dev/null -h $PWD/hk || test $? -eq 255; test -n "$sshd" """),
    program("mosquitto mosquitto-clients", """
        printf 'listener 18083 127.0.0.1\\nallow_anonymous true\\n' > c; mosquitto -c c > log 2>&1 & sleep 1
        (mosquitto_sub -p 18083 -h 127.0.0.1 -t a -C 1 > o) & sleep 1; mosquitto_pub -p 18083 -h 127.0.0.1 -t a -m msg; wait $!; kill %1 2> /dev/null || true; grep -qx msg o"""),
    program("memcached", "memcached -s $PWD/s -u nobody & sleep 1; printf 'set k 0 0 1\\r\\nv\\r\\nget k\\r\\nquit\\r\\n' | busybox nc local:$PWD/s > o || true; kill $!; test -S s || true"),
    program("lighttpd", """
        mkdir w; echo light > w/i.html; printf 'server.document-root="%s/w"\\nserver.port=18084\\nserver.bind="127.0.0.1"\\n' $PWD > l.conf
        lighttpd -D -f l.conf & sleep 1; busybox wget -q -O - http://127.0.0.1:18084/i.html | grep -qx light; kill $!"""),
    program("python3-numpy", "run-in-view python3 -c 'import numpy as n; print(int(n.linalg.det(n.array([[4.,2.],[1.,11.]]))+0.5))' | grep -qx 42"),
    program("python3-lxml", """run-in-view python3 -c 'from lxml import etree; print(etree.fromstring("<a><b>42</b></a>").findtext("b"))' | grep -qx 42"""),
    program("python3-pil", "run-in-view python3 -c 'from PIL import Image; Image.new(\"RGB\",(4,4)).save(\"o.png\"); print(Image.open(\"o.png\").size)' | grep -q '(4, 4)'"),
    program("python3-cryptography", "run-in-view python3 -c 'from cryptography.fernet import Fernet as F; f=F(F.generate_key()); print(f.decrypt(f.encrypt(b\"42\")))' | grep -q 42"),
    program("valgrind gcc libc6-dev", "echo '#include <stdlib.h>\\nint main(void){ char *p = malloc(3); p[0] = 1; return 0; }' | sed 's/\\\\n/\\n/' > x.c; gcc -g x.c -o x; valgrind ./x > o 2>&1; grep -q 'ERROR SUMMARY: 0' o; grep -q '3 bytes in 1 blocks' o"),
    program("ltrace gcc libc6-dev", "echo 'int puts(const char*); int main(void){ puts(\"x\"); return 0; }' > x.c; gcc x.c -o x; ltrace -o o ./x; grep -q puts o"),
    program("clang libc6-dev libgcc-14-dev", "echo 'int main(void){return 42;}' > x.c; clang -static x.c -o x; ./x || test $? -eq 42"),
    program("rustc", "echo 'fn main(){ println!(\"{}\", (1..=6).product::<u32>()); }' > x.rs; rustc x.rs -o x; run-in-view ./x | grep -qx 720"),
    program("golang-go", "export HOME=$PWD; printf 'package main\\nimport \"fmt\"\\nfunc main(){ fmt.Println(6*7) }\\n' > x.go; CGO_ENABLED=0 go build -o x x.go; ./x | grep -qx 42"),
    program("ocaml-nox", "echo 'print_int (List.fold_left (+) 0 [40;2])' > x.ml; run-in-view ocaml x.ml | grep -qx 42"),
    program("sbcl", "sbcl --noinform --non-interactive --eval '(princ (reduce (function +) (list 40 2)))' | grep -q 42"),
    program("swi-prolog-nox", "swipl -g 'X is 6*7, print(X), nl' -t halt | grep -qx 42"),
    program("xterm xvfb xauth", 'rm -f /tmp/.X78-lock; Xvfb :78 -nolisten tcp > xlog 2>&1 & sleep 2; DISPLAY=:78 xterm -e sh -c "echo shown > $PWD/o" 2> e || true; kill $!; grep -qx shown o'),
    program("sox", "sox -n o.wav synth 0.2 sine 440; soxi -r o.wav | grep -qx 48000; sox o.wav o.flac; test -s o.flac"),
    program("poppler-utils ghostscript", "printf '%%!PS\\n/Helvetica findfont 20 scalefont setfont 10 10 moveto (needle) show showpage\\n' > x.ps; ps2pdf x.ps x.pdf; pdftotext x.pdf - | grep -q needle"),
    program("tesseract-ocr imagemagick fonts-dejavu-core", "convert -size 300x80 xc:white -font DejaVu-Sans -pointsize 40 -annotate +10+50 Needle o.png; tesseract o.png - 2> e | grep -q Needle"),
    program("mariadb-server", "d=$(mktemp -d); mariadb-install-db --no-defaults --datadir=$d/d --auth-root-authentication-method=normal > log 2>&1; test -d $d/d/mysql"),
    program("p7zip-full", "echo data > f; 7z a x.7z f > log; mkdir o; 7z x -oo x.7z > log; grep -qx data o/f"),
    program("screen", "screen -v | grep -q Screen"),
    program("nasm binutils", "printf 'global _start\\n_start: mov eax,60\\nmov edi,42\\nsyscall\\n' > x.s; nasm -f elf64 x.s; ld x.o -o x; ./x || test $? -eq 42"),
)  # fmt: skip
"""Others: daemons, windows, interpreters with native modules, debuggers, compilers whose output runs."""

SAMPLE = (
    "jq", "git", "curl", "vim", "python3", "perl", "sqlite3", "graphviz", "gnuplot-nox", "zsh", "file", "gnupg", "lua5.4", "redis-server", "php-cli",
)  # fmt: skip
"""The fifteen that continuous integration runs: small to fetch, one of each way to fail."""

LIMITS = {
    "bubblewrap": "makes namespaces itself",
    "valgrind": "its tools are static, so nothing redirects them: they want the debug file of the loader at /usr/lib/debug of the host",
}
"""What relocation is known not to run, and why; anything else that fails there is news, and so is one of these that works."""
