"""What the guided check says at its end: verdicts, checklist, and a summary in French for an officer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.menus import rows
from bot.messages import Choice, Reply
from bot.ports import Clock, Knowledge, today
from bot.texts import Texts
from intents.eligibility import Check, Programme, Rule

ICONS = {"fits": "✅", "unfit": "❌", "unknown": "❔"}
# The fact that says until when a call is open: without it, nobody may be told to apply.
OPEN_CALL = "call_open_until"


class Results:
    """Builds the replies. Sources and dates come from the facts, never from here."""

    def __init__(self, knowledge: Knowledge, texts: Texts, clock: Clock) -> None:
        self._knowledge = knowledge
        self._texts = texts
        self._clock = clock

    def result(self, form: str, check: Check, answers: Mapping[str, str]) -> Reply:
        """Per programme: fits, does not fit, or cannot be said, why, and as of when; then what to do next."""
        say = self._texts.get
        lines = [self._line(form, programme, rule) for programme, rule in check.verdicts(answers)]
        if answers.get("rna") != "yes":
            lines.append("🪪 " + say(form, "eligibility.rna_note"))
        lines.append("⚠️ " + say(form, "eligibility.no_decision") + " " + self._call(form))
        region = check.question("region")
        option = region.option(answers.get("region", "")) if region else None
        if option and option.id != "skip":
            lines.append("📍 " + say(form, "eligibility.whom", region=option.label[form]))
        buttons = (
            Choice(say(form, "eligibility.checklist_button"), "e:list"),
            Choice(say(form, "eligibility.summary_button"), "e:sum"),
            Choice(say(form, "eligibility.change_button"), "e:change"),
            Choice(say(form, "eligibility.region_button"), "t:contact_region"),
            Choice(say(form, "menu.back"), "m:"),
        )
        return Reply("\n\n".join(lines), say(form, "eligibility.result_heading"), rows(buttons), form=form)

    def checklist(self, form: str, check: Check, answers: Mapping[str, str], ticked: Sequence[str]) -> Reply:
        """What to prepare; each line is a button that ticks it off or on again."""
        say = self._texts.get
        items = check.items(answers)
        buttons = [
            Choice(f"{'☑️' if item.id in ticked else '⬜'} {item.label[form]}", f"e:tick:{item.id}") for item in items
        ]
        done = sum(item.id in ticked for item in items)
        buttons.append(Choice(say(form, "menu.back"), "m:"))
        text = say(form, "eligibility.checklist", done=done, total=len(items))
        return Reply(text, say(form, "eligibility.checklist_heading"), rows(buttons), form=form)

    def summary(self, check: Check, answers: Mapping[str, str]) -> Reply:
        """The answers and verdicts in French whatever the chat's language: to be shown to an officer."""
        lines = []
        for question in check.questions:
            if option := question.option(answers.get(question.id, "")):
                lines.append(f"• {question.text['fr']} {option.label['fr']}")
        lines.append("")
        for programme, rule in check.verdicts(answers):
            lines.append(self._head("fr", programme, self._verdict(rule), "•"))
        lines += ["", self._texts.get("fr", "eligibility.no_decision")]
        return Reply("\n".join(lines), self._texts.get("fr", "eligibility.summary_heading"), form="fr")

    def _verdict(self, rule: Rule) -> str:
        """A verdict whose fact is unknown or expired today cannot be said."""
        fact = self._knowledge.content.facts.get(rule.fact) if rule.fact else None
        if rule.fact and (fact is None or not fact.known(today(self._clock))):
            return "unknown"
        return rule.verdict

    def _line(self, form: str, programme: Programme, rule: Rule) -> str:
        say = self._texts.get
        verdict = self._verdict(rule)
        head = self._head(form, programme, verdict, ICONS[verdict])
        if rule.fact and verdict == "unknown" != rule.verdict:
            return f"{head}. {say(form, 'eligibility.no_fact')}"
        because = say(form, "eligibility.because", reason=self._reason(form, rule))
        return head + because

    def _head(self, form: str, programme: Programme, verdict: str, icon: str) -> str:
        say = self._texts.get
        said = say(form, f"eligibility.{verdict}")
        return say(form, "eligibility.line", icon=icon, name=programme.name[form], verdict=said)

    def _reason(self, form: str, rule: Rule) -> str:
        if not rule.fact:
            return rule.because[form]
        fact = self._knowledge.content.facts[rule.fact]
        value = fact.value[form] if isinstance(fact.value, dict) else self._texts.value(fact.value, form)
        reason = rule.because[form].replace("{" + rule.fact + "}", value)
        source = fact.source.split(",")[0].split(" http")[0]
        stamp = self._texts.as_of(form, fact.as_of)
        return f"{reason} ({self._texts.get(form, 'eligibility.source', source=source, date=stamp)})"

    def _call(self, form: str) -> str:
        fact = self._knowledge.content.facts.get(OPEN_CALL)
        if fact is not None and fact.known(today(self._clock)):
            return self._texts.get(form, "eligibility.call_until", date=self._texts.value(fact.value, form))
        return self._texts.get(form, "eligibility.call_unknown")
