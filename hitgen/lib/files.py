"""Files as the rest of hitgen writes and reads them: whole or not at all, and tables in any spreadsheet's dialect."""

from __future__ import annotations

import csv
import errno
import gzip
import hashlib
import io
import os
import re
import secrets
import sys
import unicodedata
import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from hitgen.errors import Fault, InputError
from hitgen.lib.contract import FORMULA_STARTS

FORMULA = re.compile(f"'*{FORMULA_STARTS}")
GUARDED = re.compile(f"'+{FORMULA_STARTS}")
DELIMITERS = ",;\t"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
WRITE_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)

# A cell may be as long as its file; the module's own limit of 128 KB is met by survey answers and traces.
csv.field_size_limit(min(sys.maxsize, 2**31 - 1))


def write_whole(
    path: Path, content: bytes | Iterable[bytes], *, private: bool = False, sha256: str | None = None
) -> str:
    """Write a file so that its name never stands for a part of it, whatever is killed and whenever; its sha256.

    `private` leaves it readable by its owner alone, from the first byte on, and on the disk before it has its name: it holds
    what cannot be made again; else others may what they might before. Behind a link the file itself is written, where that may be done. `sha256` is what is known of it already.
    """
    if path.is_symlink() and path.exists() and os.access(path.resolve().parent, os.W_OK):
        path = path.resolve()
    # Not named after `path`, whose name may be as long as the system allows; by the number, what a kill left is found.
    partial = path.with_name(f".{secrets.token_hex(4)}.{os.getpid()}.part")
    digest = hashlib.sha256()
    try:
        with os.fdopen(os.open(partial, WRITE_NEW, 0o600 if private else _mode(path)), "wb") as file:
            for chunk in [content] if isinstance(content, bytes) else content:
                if sha256 is None:
                    digest.update(chunk)
                file.write(chunk)
            if private:
                settle(file)
        partial.replace(path)
    except BaseException as error:
        with suppress(OSError):  # where nothing can be written nothing can be removed
            partial.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno and error.filename in (None, str(partial)):
            error.filename, error.filename2 = str(path), None
        raise
    return sha256 or digest.hexdigest()


def settle(file: IO[bytes]) -> None:
    """Have on the disk what was written, so that no power cut leaves a name without its content."""
    file.flush()
    os.fsync(file.fileno())


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode & 0o666 | 0o600
    except OSError:
        return 0o666


def private_file(path: Path) -> None:
    """Make sure that a file is there and its owner's alone, from its first byte; nothing where that may not be done."""
    with suppress(OSError):
        os.close(os.open(path, WRITE_NEW, 0o600))
    shut(path)


def in_one_of(path: Path, folders: Iterable[Path]) -> Path:
    """The path, or where there is nothing the file of this bare name in the first of `folders` that has one."""
    if path.exists() or path.name != str(path):
        return path
    return next((folder / path for folder in folders if (folder / path).is_file()), path)


def content_of(path: Path) -> bytes:
    """The bytes of a file; OSError also where it is none, such as a pipe, which would be waited for without end."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(errno.EINVAL, "it is no ordinary file", str(path))
    return path.read_bytes()


def text_of(path: Path) -> str:
    """The text of a file of one's own; InputError where it is not UTF-8."""
    try:
        return content_of(path).decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(Fault(str(path), "", "it is not UTF-8 text", "saving it as UTF-8")) from None


def private_folder(path: Path) -> Path:
    """Make sure that a folder is there and its owner's alone; the same path."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    shut(path)
    return path


def shut(path: Path) -> None:
    """Take from others what they may do with a file or folder that is there; its owner may what it was."""
    with suppress(OSError):  # another user's stays as that user wants it
        mode = path.stat().st_mode & 0o777
        if mode & 0o077:
            path.chmod(mode & 0o700)


def file_sha256(path: Path) -> str:
    """The sha256 of a file's content, as 64 hex digits; it is never in memory as a whole."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def guarded(text: str) -> str:
    """`text` with an apostrophe before what a spreadsheet would take for a formula; control characters spelled out.

    Source: OWASP, CSV Injection.
    """
    plain = "".join(char if _is_plain(char) else repr(char)[1:-1] for char in text)
    return f"'{plain}" if FORMULA.match(plain) or FORMULA.match(text) else plain


def _is_plain(char: str) -> bool:
    """Printable, a space of any width, or one of the joiners that emoji and many scripts are written with."""
    return char.isprintable() or char in "\u200c\u200d" or unicodedata.category(char) == "Zs"


def unguarded(cell: str) -> str:
    """The text that `guarded` wrote."""
    return cell[1:] if GUARDED.match(cell) else cell


def delimiter_of(text: str) -> str:
    """What stands between the cells of a table: a comma, a semicolon or a tab, by its first line."""
    return max(DELIMITERS, key=re.split(r"[\r\n]", text.lstrip("\r\n"), maxsplit=1)[0].count)


def csv_text(rows: Iterable[Iterable[object]], delimiter: str = ",") -> str:
    """A table as CSV with the line ends of RFC 4180; cells are written as they are, so guard them first."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue()


def read_csv(
    content: bytes, name: str, columns: Sequence[str] = (), remedy: str = ""
) -> list[tuple[int, dict[str, str]]]:
    """The rows of a table with a header, each with the line it ends on; cells are stripped, empty rows left out.

    Takes UTF-8 with or without a byte order mark and what spreadsheets call Unicode text; commas, semicolons
    or tabs. InputError, calling the file `name`, where it is no such table or lacks one of `columns`
    (with this remedy, by default the header that is wanted).
    """
    text = decoded(content, name)
    told = re.match(r"sep=([,;\t])(\r\n|\r|\n)", text)  # Excel's own way of telling it
    delimiter = told.group(1) if told else delimiter_of(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, dict[str, str]]] = []
    header: list[str] = []
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if not any(stripped) or (told and reader.line_num == 1):
                continue
            if not header:
                known = {column.casefold(): column for column in columns}
                header = [known.get(cell.casefold(), cell) for cell in stripped]
                _check_header(header, columns, name, reader.line_num, remedy)
            elif any(stripped[len(header) :]):
                problem = f"it has {len(stripped)} cells, the header {len(header)}"
                raise InputError(Fault(name, f"line {reader.line_num}", problem, 'cells with a separator in "quotes"'))
            else:
                padded = stripped + [""] * (len(header) - len(stripped))
                rows.append((reader.line_num, dict(zip(header, padded, strict=False))))
    except csv.Error as error:
        raise InputError(
            Fault(name, f"line {reader.line_num}", f"it is not CSV ({error})", "closing its quotes")
        ) from None
    if not header:
        _check_header([], columns, name, 1, remedy)
    return rows


def unpacked(path: Path) -> bytes:
    """The bytes of a file, out of gzip where it is packed; InputError where that is damaged."""
    content = content_of(path)
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(Fault(str(path), "", f"it cannot be unpacked ({error})", "a whole gzip file")) from None


def decoded(content: bytes, name: str) -> str:
    """The text of a table; InputError, calling the file `name`, where it is none."""
    encoding = "utf-16" if content.startswith(UTF16_MARKS) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise InputError(Fault(name, "", "it is not UTF-8 text", 'saving it as "CSV UTF-8"')) from None
    if "\0" in text:
        line = len(re.split(r"\r\n?|\n", text.partition("\0")[0]))
        raise InputError(
            Fault(name, f"line {line}", "it holds NUL bytes, as text never does", 'saving it anew as "CSV UTF-8"')
        )
    return text


def _check_header(header: list[str], columns: Sequence[str], name: str, line: int, remedy: str) -> None:
    missing = [column for column in columns if column not in header]
    if missing:
        problem = f"it has no column {', '.join(missing)}"
        raise InputError(Fault(name, f"line {line}", problem, remedy or f"the header {','.join(columns)}"))
    twice = next((column for column in header if column and header.count(column) > 1), None)
    if twice is not None:
        raise InputError(Fault(name, f"line {line}", f"the column {twice!r} is there twice", "leaving one of them out"))


def number(text: str) -> float:
    """The number that a cell says, with a decimal point or comma; ValueError where it is none, or could be two.

    `1,500` is fifteen hundred to some and one and a half to others, so it is refused.
    """
    if "_" in text or re.fullmatch(r"[+-]?[1-9]\d{0,2}(,\d{3})+", text):
        raise ValueError(f"{text!r} can be read in two ways")
    found = float(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text)
    if found != found or found in (float("inf"), float("-inf")):
        raise ValueError(f"{text!r} is not a number")
    return found


def is_grouped(text: str) -> bool:
    """Whether a point in a number may part thousands, as some write `2.515` for 2515."""
    return re.fullmatch(r"[+-]?[1-9]\d{0,2}(\.\d{3})+", text) is not None


def whole_number(text: str) -> int:
    """The whole number that a cell says, as `3` or as spreadsheets may write it, `3.0`; ValueError where it is none, or could be two."""
    if is_grouped(text):
        raise ValueError(f"{text!r} can be read in two ways")
    found = number(text)
    if found % 1:
        raise ValueError(f"{text!r} is no whole number")
    return int(found)
