"""Run the steps of a recipe inside the sandbox. All paths are paths of the sandbox.

Only the standard library is used, and all of it is imported before the root changes.
"""

import fnmatch
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

from nipsys.builder.sandbox.ar_writer import write_archive
from nipsys.builder.sandbox.transform import generate_text

_OBJECTS = re.compile(r"\{objects:([a-z0-9_-]+)\}")


class StepFailed(Exception):  # noqa: N818 - an outcome: which step failed and how
    """A step failed; ``code`` is the stable problem code, the text is the message."""

    def __init__(self, code: str, message: str) -> None:
        """Fail with a problem code and a message."""
        super().__init__(message)
        self.code = code


class StepContext:
    """Runs steps one after the other and keeps what later steps need."""

    def __init__(self, *, out: str, jobs: int, env: dict[str, str], log: BinaryIO) -> None:
        """``out`` replaces ``{out}`` and ``jobs`` replaces ``{jobs}``; programs print to ``log``."""
        self.out = out
        self.jobs = jobs
        self.env = env
        self.log = log
        self.objects: dict[str, list[str]] = {}
        self.executed = 0
        self.generated: list[tuple[str, str]] = []
        """Path and SHA-256 of every generated file."""

    def execute(self, step: dict[str, Any]) -> None:
        """Run one step; ``StepFailed`` when it does not succeed."""
        verbs: dict[str, Callable[[dict[str, Any]], None]] = {
            "run": self._run,
            "compile": self._compile,
            "archive": self._archive,
            "copy": self._copy,
            "write": self._write,
            "generate": self._generate,
            "edit": self._edit,
            "link": self._link,
            "directory": lambda step: os.makedirs(self._fill_placeholders(step["path"]), exist_ok=True),
            "remove": self._remove,
        }
        try:
            verbs[step["do"]](step)
        except OSError as error:
            raise StepFailed("build-step-failed", f"{error.strerror}: `{error.filename}`") from None

    def _fill_placeholders(self, text: str) -> str:
        return text.replace("{out}", self.out).replace("{jobs}", str(self.jobs)).replace("{uid}", str(os.getuid()))

    def _expand_argv(self, words: Sequence[str]) -> list[str]:
        """Replace the placeholders of an argv; ``{objects:NAME}`` becomes several words."""
        filled: list[str] = []
        for word in words:
            whole = _OBJECTS.fullmatch(word)
            if not whole:
                filled.append(self._fill_placeholders(word))
            elif whole[1] in self.objects:
                filled += self.objects[whole[1]]
            else:
                raise StepFailed("build-step-failed", f"no earlier `compile` step is named `{whole[1]}`")
        return filled

    def _run(self, step: dict[str, Any]) -> None:
        argv = self._expand_argv(step["argv"])
        env = {**self.env, **{name: self._fill_placeholders(value) for name, value in step["env"]}}
        os.makedirs(step["cwd"], exist_ok=True)
        os.chdir(self._fill_placeholders(step["cwd"]))
        program = _find_program(argv[0], env.get("PATH", ""))
        read, write = os.pipe()
        process = _spawn(program, argv, env, write if step["stdout"] is not None else self.log.fileno(), self.log.fileno())
        os.close(write)
        with os.fdopen(read, "rb") as stream:
            printed = stream.read()
        status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        os.chdir("/build")
        self.executed += 1
        if status != step["status"]:
            self.log.write(printed)
            raise StepFailed("build-step-failed", f"`{_shorten(argv)}` {_describe_status(status)}")
        if step["stdout"] is not None and printed.decode("utf-8", "replace") != step["stdout"]:
            self.log.write(printed)
            raise StepFailed("build-self-test", f"`{_shorten(argv)}` did not print `{step['stdout'].strip()}`")

    def _compile(self, step: dict[str, Any]) -> None:
        into = self._fill_placeholders(step["into"])
        os.makedirs(into, exist_ok=True)
        sources = [path for pattern in step["sources"] for path in expand_glob(self._fill_placeholders(pattern))]
        sources = [path for path in sources if not any(fnmatch.fnmatchcase(path, self._fill_placeholders(skip)) for skip in step["skip"])]
        if not sources:
            raise StepFailed("build-step-failed", f"`compile {step['name']}` matches no source file")
        objects = [f"{into}/{path.lstrip('/').replace('/', '__')}.o" for path in sources]
        self.objects[step["name"]] = objects
        argv = self._expand_argv(step["argv"])
        pairs = zip(sources, objects, strict=True)
        jobs = ([word.replace("{source}", source).replace("{object}", target) for word in argv] for source, target in pairs)
        self._run_parallel(jobs, _find_program(argv[0], self.env.get("PATH", "")))

    def _run_parallel(self, jobs: Any, program: str) -> None:  # noqa: ANN401 - an iterator of argv
        """Run all ``jobs``, at most ``self.jobs`` at a time; start no more after the first failure."""
        running: dict[int, list[str]] = {}
        failed: list[str] = []
        waiting = iter(jobs)
        while True:
            while len(running) < self.jobs and not failed and (argv := next(waiting, None)):
                running[_spawn(program, argv, self.env, self.log.fileno(), self.log.fileno())] = argv
            if not running:
                break
            process, result = os.wait()
            if process in running:
                argv = running.pop(process)
                self.executed += 1
                status = os.waitstatus_to_exitcode(result)
                if status:
                    failed.append(f"`{_shorten(argv)}` {_describe_status(status)}")
        if failed:
            raise StepFailed("build-step-failed", failed[0])

    def _archive(self, step: dict[str, Any]) -> None:
        compiled = {path for paths in self.objects.values() for path in paths}
        members = []
        for path in self._expand_argv(step["members"]):
            name = os.path.basename(path)
            with open(path, "rb") as stream:
                members.append((name.rpartition("__")[2] if path in compiled else name, stream.read()))
        _write_file(self._fill_placeholders(step["path"]), write_archive(members))

    def _copy(self, step: dict[str, Any]) -> None:
        origin, target = self._fill_placeholders(step["origin"]), self._fill_placeholders(step["to"])
        for path in expand_glob(origin):
            if os.path.isdir(path) and not os.path.islink(path):
                skip = [self._fill_placeholders(pattern) for pattern in step["skip"]]
                shutil.copytree(path, target, symlinks=True, dirs_exist_ok=True, copy_function=_copy_file, ignore=_ignore_matching(skip))
            else:
                os.makedirs(target if target.endswith("/") else os.path.dirname(target), exist_ok=True)
                _copy_file(path, target + os.path.basename(path) if target.endswith("/") else target)

    def _write(self, step: dict[str, Any]) -> None:
        path = self._fill_placeholders(step["path"])
        _write_file(path, self._fill_placeholders(step["text"]).encode())
        if step["executable"]:
            os.chmod(path, 0o755)  # noqa: S103 - a program that the build runs

    def _generate(self, step: dict[str, Any]) -> None:
        try:
            body = generate_text(
                step["parts"], lambda pattern: [_read_text(path) for path in expand_glob(self._fill_placeholders(pattern))]
            ).encode()
        except (KeyError, ValueError) as error:
            raise StepFailed("build-generate", f"`{step['path']}` cannot be generated: {error}") from None
        digest = hashlib.sha256(body).hexdigest()
        if step["sha256"] and digest != step["sha256"]:
            raise StepFailed("build-generate", f"`{step['path']}` was generated with sha256 `{digest}`; the recipe says `{step['sha256']}`")
        self.generated.append((step["path"], digest))
        _write_file(self._fill_placeholders(step["path"]), body)

    def _edit(self, step: dict[str, Any]) -> None:
        apply_replacements(self._fill_placeholders(step["path"]), step["replacements"])

    def _link(self, step: dict[str, Any]) -> None:
        path = self._fill_placeholders(step["path"])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink(self._fill_placeholders(step["target"]), path)

    def _remove(self, step: dict[str, Any]) -> None:
        for pattern in step["paths"]:
            for path in expand_glob(self._fill_placeholders(pattern)):
                if os.path.isdir(path) and not os.path.islink(path):
                    shutil.rmtree(path)
                else:
                    os.remove(path)


def apply_replacements(path: str, replacements: Sequence[dict[str, Any]]) -> None:
    """Replace texts in one file; ``StepFailed`` when one does not occur exactly ``count`` times."""
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as stream:
        text = stream.read()
    for replacement in replacements:
        found = text.count(replacement["old"])
        if found != replacement["count"]:
            first = replacement["old"].strip().splitlines()[0]
            raise StepFailed("build-patch", f"`{path}`: `{first}` occurs {found} times; the recipe says {replacement['count']}")
        text = text.replace(replacement["old"], replacement["new"])
    with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
        stream.write(text)


def expand_glob(pattern: str) -> list[str]:
    """Return the sorted paths that match a pattern (``*`` and ``?`` inside a name, ``**`` for any directories); a plain path unchanged."""
    if not any(sign in pattern for sign in "*?["):
        return [pattern]
    found = [""]
    for part in pattern.strip("/").split("/"):
        if part == "**":
            found = [path for base in found for path in [base, *_list_below(base)]]
        elif any(sign in part for sign in "*?["):
            found = [
                f"{base}/{name}" for base in found if os.path.isdir(base or "/") for name in fnmatch.filter(os.listdir(base or "/"), part)
            ]
        else:
            found = [f"{base}/{part}" for base in found if os.path.lexists(f"{base}/{part}")]
    return sorted(set(found))


def _list_below(base: str) -> list[str]:
    return [os.path.join(top, name) for top, names, _ in os.walk(base) for name in names]


def _read_text(path: str) -> str:
    with open(path, encoding="utf-8", errors="surrogateescape") as stream:
        return stream.read()


def _write_file(path: str, body: bytes) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.lexists(path):
        os.remove(path)
    with open(path, "wb") as stream:
        stream.write(body)


def _copy_file(origin: str, target: str) -> None:
    if os.path.islink(origin):
        os.symlink(os.readlink(origin), target)
        return
    shutil.copyfile(origin, target)
    os.chmod(target, 0o755 if os.stat(origin).st_mode & 0o111 else 0o644)
    os.utime(target, (1, 1))


def _ignore_matching(skip: list[str]) -> Callable[[str, list[str]], set[str]]:
    return lambda top, names: {name for name in names if any(fnmatch.fnmatchcase(f"{top}/{name}", pattern) for pattern in skip)}


def _find_program(program: str, path: str) -> str:
    if "/" in program:
        if not os.path.exists(program):
            raise StepFailed("build-undeclared-input", f"`{program}` is not in the sandbox")
        return program
    for folder in path.split(":"):
        if folder and os.access(f"{folder}/{program}", os.X_OK):
            return f"{folder}/{program}"
    raise StepFailed("build-undeclared-input", f"no input provides the program `{program}` on PATH `{path}`")


def _spawn(program: str, argv: list[str], env: dict[str, str], stdout: int, stderr: int) -> int:
    """Start a program with /dev/null as stdin; ``StepFailed`` when the kernel cannot start it."""
    actions = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0), (os.POSIX_SPAWN_DUP2, stdout, 1), (os.POSIX_SPAWN_DUP2, stderr, 2)]
    try:
        return os.posix_spawn(program, argv, env, file_actions=actions, setsigdef=range(1, 32))
    except OSError as error:
        hint = " (its interpreter is not in the sandbox)" if os.path.exists(program) else ""
        raise StepFailed("build-step-failed", f"`{program}` cannot be started: {error.strerror}{hint}") from None


def _shorten(argv: list[str]) -> str:
    line = " ".join(argv)
    return line if len(line) < 300 else line[:200] + " ... " + line[-80:]


def _describe_status(status: int) -> str:
    return f"was killed by signal {-status}" if status < 0 else f"failed with status {status}"
