"""Rules of the fifteen principles, by family; `RULES` names the rule of each."""

from rag.checks.rules import content, faithful, options, order, role, tone

RULES = {
    "P01": order.situation_first,
    "P02": content.problem_consequence,
    "P03": options.several_options,
    "P04": content.business_lens,
    "P05": tone.calm_tone,
    "P06": tone.no_disparagement,
    "P07": role.company_side,
    "P08": content.evidence,
    "P09": content.own_efforts,
    "P10": options.bounded_options,
    "P11": content.clear_ask,
    "P12": faithful.faithful,
    "P13": order.report_formula,
    "P14": role.no_devaluing,
    "P15": content.concise,
}
