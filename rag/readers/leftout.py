"""What a file held that is not in its text (`ReadText.dropped`), in words for people."""

from __future__ import annotations

_LEFT_OUT = {
    "deleted_text": (
        "The file has tracked deletions; deleted text was left out.",
        "В файле есть правки с удалениями — удалённый текст не взят.",
    ),
    "hidden_text": (
        "Hidden text of the file was left out.",
        "Скрытый текст файла не взят.",
    ),
    "further_pages": (
        "Not all pages were taken, the file is too long.",
        "Взяты не все страницы — файл слишком длинный.",
    ),
    "text_beside": (
        "Headers, notes and comments of the file were left out.",
        "Колонтитулы, сноски и примечания файла не взяты.",
    ),
    "scanned_pages": (
        "Pages that are pictures were left out.",
        "Страницы-картинки не взяты.",
    ),
    "repaired": (
        "The file has faults that were repaired; compare the text with it.",
        "В файле есть ошибки, они исправлены при чтении — сверьте текст с файлом.",
    ),
}
_LEFT_OUT_OTHER = ("Part of the file was left out.", "Часть файла не взята.")


def left_out(code: str, lang: str) -> str:
    """Return what a code means; one that is not known is still told."""
    en, ru = _LEFT_OUT.get(code, _LEFT_OUT_OTHER)
    return en if lang == "en" else ru
