"""A finished rewrite for the page's tests, and stand-ins for the work that makes one."""

from __future__ import annotations

import time
from typing import Any

from pages.job import Job
from rag.history import History
from rag.vocabulary import FieldReady, OnEvent, Progress

DRAFT = (
    "Олег, клиенты опять сливаются из-за цены!!! За неделю было 30 заявок, 9 ушли к конкурентам, "
    "я прослушал 12 звонков. У других дешевле на 7%. Про сервис рассказываем, толку ноль. "
    "Дайте бесплатную доставку от 5 стоек, или пусть маркетинг поменяет объявления. "
    "Надо до пятницы решить. И машину мне обещали ещё в 2023 году."
)
QUESTION = "Во сколько это обходится бизнесу: потерянные сделки, выручка, время?"
QUESTION_2 = "Вариант «Бесплатная доставка от 5 стоек»: какие рамки — срок, ответственный, бюджет?"
SITUATION = "За неделю пришло 30 заявок, 9 ушли к конкурентам. Прослушано 12 звонков."
PROBLEM = (
    "Клиенты сравнивают нас по цене: у других дешевле на 7%. "
    "Потери: [уточнить: оценка потерь в деньгах или сделках]."
)
TEXT = f"""Олег,

Ситуация: {SITUATION}

Проблема: {PROBLEM}

Что уже сделали: рассказываем клиентам про сервис; на решение это не влияет.

Варианты решения:
1. Бесплатная доставка от 5 стоек. Рамки: [уточнить: срок и ответственный].
2. Маркетинг меняет объявления.

Прошу решить: прошу согласовать вариант 1 или выбрать другой, до пятницы."""


def _option(action: str, limits: str = "") -> dict[str, str]:
    row = {"action": action, "value": "", "limits": limits, "effect": "", "risk": ""}
    return {**row, "origin": "author"}


def sample(text: str = TEXT, model: str = "Model in the test") -> dict[str, Any]:
    """Return a result in the JSON contract's shape."""
    verdict = {"quote": "", "reason": "", "scorer": "rules"}
    return {
        "lang": "ru",
        "kind": "proposal",
        "text": text,
        "format": "message",
        "fields": {
            "situation": SITUATION,
            "problem": PROBLEM,
            "efforts": "Рассказываем клиентам про сервис; на решение это не влияет.",
            "options": [
                _option("Бесплатная доставка от 5 стоек", "[уточнить: срок и ответственный]"),
                _option("Маркетинг меняет объявления"),
            ],
            "ask": "Прошу согласовать вариант 1 или выбрать другой, до пятницы.",
        },
        "citations": [
            {
                "principle": "P01",
                "source": "principles/P01_situation_first#ru",
                "span": [21, 84],
                "quote": "Сначала факты ситуации, потом проблема, варианты и просьба.",
                "field": "situation",
            },
            {
                "source": "levers/price_comparison/bounded_offer#ru",
                "span": [0, 58],
                "quote": "Ценовое предложение с ограничением по объёму.",
                "field": "options",
            },
        ],
        "ledger": {
            "kept": ["Олег", "30 заявок", "9", "12 звонков", "7%", "5 стоек", "до пятницы"],
            "dropped": [{"fact": "2023", "why": "Личный вопрос, к этому решению не относится."}],
            "added": [],
        },
        "questions": [QUESTION, QUESTION_2],
        "verdicts": {
            "P01": {**verdict, "verdict": "pass", "reason": "Факты стоят раньше просьбы."},
            "P02": {**verdict, "verdict": "unscored", "reason": "Последствие ещё не названо."},
            "P10": {
                **verdict,
                "verdict": "fail",
                "quote": "Маркетинг меняет объявления.",
                "reason": "У варианта нет ни срока, ни ответственного.",
            },
            "P13": {**verdict, "verdict": "na"},
        },
        "model": model,
        "versions": {"prompts": "1a2b3c", "principles": "4d5e6f", "knowledge": "7a8b9c"},
        "timings": {"material": 18.2, "first_field": 19.0, "total": 21.4},
        "tokens": {"prompt": 2100, "completion": 310, "calls": 14},
        "warnings": [],
    }


def fake_start(result: dict[str, Any], delay: float = 0.0, error: Exception | None = None) -> Any:
    """Return a stand-in for `pages.core.start_rewrite`; it remembers its calls in `.calls`."""

    def start(draft: Any, entry: str, text_format: str, answers: Any) -> Job:
        def work(on_event: OnEvent) -> dict[str, Any]:
            on_event(Progress("read"))
            for done in range(5):
                on_event(Progress("propose", done, 5))
                time.sleep(delay)
            for name in ("situation", "problem"):
                on_event(FieldReady(name, result["fields"][name]))
                time.sleep(delay)
            if error:
                raise error
            History().finish(entry, result)
            return result

        start.calls.append((draft, entry, text_format, dict(answers)))  # type: ignore[attr-defined]
        return Job(work)

    start.calls = []  # type: ignore[attr-defined]
    return start
