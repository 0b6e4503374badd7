"""Whether an English sentence promises what it names a time for. Pure.

English says first who acts and whether it lies ahead ("we'll", "will be", "is scheduled to"), then when. So the head that rules a
time is the last one before it; only where the time opens its clause ("by Monday we will …"), the first one after it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from alerts.care.promises.persian import Commitment, Kind
from alerts.care.promises.plain import Sentence
from alerts.care.promises.when import When

_ACTS = (r"send|ship|refund|call|phone|issu|deliver|return|process|dispatch|replac|fix|repair|transfer|mail|email|credit|reimburs|updat|contact|post|bring|collect|"
         r"escalat|resolv|releas|roll|push|reach|rearrang|reschedul|follow|get")

_HEADS: tuple[tuple[str, str], ...] = (
    ("denied", r"(?:wo n't|won't|will (?:not|never|no longer)|can ?not|can't|are not|aren't|isn't|is not|am not|'m not|unable|not able|do not|don't|doesn't|does not|not (?:going|expected|scheduled))"),
    ("would", r"(?:would|'d|could|might|should have been|was to|were to|was supposed|were supposed|was going|were going)"),
    ("past", r"(?:was|were|had|did|have been|has been|'ve been)"),
    ("past", r"(?:we|i|they|he|she|it|courier|driver|team|which|who|technicians?|engineers?|colleagues?|order|parcel)(?: (?:have|has|already|just|had)|'ve| also)*"
             r" (?:(?!scheduled|booked|arranged|confirmed|rescheduled)\w+ed|left|sent|made|told|said|took|went|came|got|gave|spoke|saw|paid)"),
    ("reported", r"(?:we|i|they|he|she|agent|colleague|team|you)?(?: were| was| had| have)? ?(?:told|promised|assured|informed|said to|mentioned to) (?:you|me|us|him|her|them)|you (?:said|mentioned|told|wrote|were told)|we (?:said|mentioned)|as (?:told|promised|agreed) (?:on|last)"),
    ("try", r"(?:we|i|they|our \w+)(?:'re|'ll| are| will| do)? (?:try|trying|aim|aiming|plan|planning|intend|expect|working)(?:ing)? (?:our best |hard |everything )?(?:to|on)"),
    ("try", r"(?:is|are|'re|'m) (?:also |now |still )?(?:working|trying) (?:hard )?to"),
    ("try", r"(?:we|i)(?:'re| are)? (?:aiming|hoping|targeting) for"),
    ("hope", r"(?:we|i)(?:'re| are|'m| am)? hop(?:e|ing)"),
    ("will", r"(?:(?:you|we|i|they|it|he|she|that|this|there|who|which|someone)'ll|will(?! of)|shall)(?! (?:not|never|no longer|have to|need|only))"),
    ("will", r"(?:am|are|is|'re|'m|'s) (?:now |just )?going to|gonna|guaranteed"),
    ("plan", r"(?:is|are|has been|have been|been|'s|'re) (?:now |currently |already )?(?:scheduled|due|set|expected|planned|booked|slated|on (?:its|the) way|estimated|arranged|confirmed|out for delivery|on track)"),
    ("plan", r"(?:has|have|'ve) (?:now |already |just )?(?:confirmed|scheduled|booked|arranged|rescheduled)(?: [\w-]+){0,4} (?:for|on)"),
    ("plan", r"(?:should|ought to)(?= (?:be|have|arrive|receive|reach|get|see|reflect|hit|land|hear|appear|show|clear|come|ship|work|now|then|also))"),
    ("plan", r"(?:you can |please |do )?expect(?! to hear nothing)"),
    ("will", r"(?:let|allow) (?:me|us)(?: to)?(?! know)"),
    ("will", r"(?:we|i) (?:promise|guarantee|commit|assure you|pledge)"),
    ("will", rf"(?:we|i)(?:'re|'m| are| am)(?: now| just| already| also| currently)* (?:{_ACTS})\w*ing"),
    ("will", r"(?:(?:your|the|a|an|our|it|new|replacement)(?: [\w-]+){0,3}|it) (?:ships|arrives|goes out|leaves|gets (?:to you|there)|lands|comes|is (?:being )?(?:delivered|refunded|shipped|sent|dispatched))"),
    ("will", r"(?:fix|update|patch|release|version|app) (?:goes live|lands|rolls out|comes out|is out|is being (?:released|deployed|rolled out))"),
    ("will", r"(?<=and )(?:gets to you|arrives|ships|reaches you|goes out)"),
    ("must", r"(?:please|kindly|just)(?! (?:expect|note that|be assured|rest assured|accept)) \w+|(?:could|can|would|will) you|you (?:must|need|have (?:to|until|till|\d)|should(?! (?:receive|see|get|have|hear|find|be|also|now|then))|can(?! expect)|may|are welcome)|you'll (?:have to|need|only)|let us know|feel free"),
    ("must", r"^\s*(?:make sure|be sure|don't forget|remember|send|share|reply|visit|try|check|order|use|return|join)"),
    ("open", r"(?:we're|we are|store is|shop is|line is|branch is|office is|is|are|be|stay|remain|stays|remains|'ll be) (?:now |always )?(?:open|closed|available|unavailable|valid|reachable|on holiday|out of office)"),
    ("open", r"(?:runs?|lasts?|ends?|expires?|renews?|starts?|begins?|opens?|closes?|continues?) (?:on|until|till|from|at|by|in|to|next|this)"),
)
_HEAD = re.compile("|".join(rf"(?P<h{number}>(?<![\w'])(?:{pattern})(?!\w))" if not pattern.startswith("(?:(?:you|we") and "'" not in pattern[:14] else rf"(?P<h{number}>(?<!\w)(?:{pattern})(?!\w))"
                            for number, (_, pattern) in enumerate(_HEADS)))
_CLAUSE = re.compile(r"[,:](?!\d)|[()]|\s-\s|\s(?:and|but|so|because|while|though|although|then|or)\s|$")

_IF = re.compile(r"(?<!\w)(?:if|unless|once|when(?:ever)?|should you|provided|providing|as soon as|in case|assuming|after you|depending|otherwise|upon|whether)(?!\w)")
_IF_AFTER = re.compile(r"(?<!\w)(?:if(?! not(?!\w)| it (?:does|has|is|doesn|hasn|isn)| you (?:have|need|don|haven|do not|did))|unless|once|provided|providing|as soon as|in case|assuming|depending on|subject to|upon)(?!\w)")
_INVITED = re.compile(r"(?:let (?:us|me) know|contact us|message us|reach out|tell us|write to us|drop us|call us|email us|dm us|shout|reply|worry|get in touch)[^,]*$")
_POLICY = re.compile(r"(?<!\w)(?:usually|normally|typically|generally|ordinarily|as a rule|on average|always|in most cases|in general|standard (?:delivery|shipping)|our policy|every (?:day|week|month)|as standard|(?:satur|sun|mon|tues|wednes|thurs|fri)days|all (?:emails|messages|requests|enquiries|inquiries|tickets)|most (?:orders|customers))(?!\w)")
_PLURAL = re.compile(r"(?<!\w)(?:all |most |any |online |in-store |new |return |refund |exchange |bank )*(?:orders|refunds|returns|deliveries|shipments|parcels|packages|requests|tickets|emails|messages|payments|withdrawals|claims|exchanges|applications|transfers)(?: \w+ed| made| received| placed)?"
                     r"(?: (?:before|after|by|on|via|from|to|in|within|for|over|with)\b[^,]*?)? (?:are|will|take|get|ship|arrive|go|can|leave|reach|should)(?!\w)")
_OURS = re.compile(r"(?<!\w)(?:your|these|those|both|affected|pending|delayed|remaining|outstanding|missing|you)(?!\w)")
_VAGUE = re.compile(r"(?<!\w)(?:hopefully|probably|likely|maybe|perhaps|might|possibly|fingers crossed)(?!\w)")
_YOU = re.compile(r"you(?:'ll| will| shall| should)(?: also| then| now| soon| both| all)? (?!receive|get|have (?!until|to\b)|hear|see|find|be (?:contacted|called|refunded|notified|credited|reimbursed|updated|informed|able|compensated|getting|receiving|hearing|back)|expect|enjoy)")
_OPEN = re.compile(r"(?:will|'ll|shall|to) (?:also |still )?(?:be|remain|stay) (?:open|closed(?! by)|available|unavailable|out of|away|valid|on sale|on holiday|hosting|celebrating|happy|glad|pleased|delighted|down|offline)|(?:will|'ll) (?:hold|keep(?! you (?:posted|updated|informed))|charge|renew|expire|end|host|celebrate|open|close|start|begin|last|run|miss|see you|go up|go down|increase|rise|change)\b")
_WE = re.compile(r"(?<!\w)(?:we|i|it|they|you|your|our|us|someone|somebody|technicians?|team|colleagues?|manager|agent|engineers?|specialist|expert)(?!\w)")
_LABEL = re.compile(r"(?:(?:expected|estimated|new|scheduled) )?(?:delivery|arrival|refund|pick-?up|dispatch|call|visit)(?: date| time)?:\s*$")
_NO_SUBJECT = re.compile(r"\s*(?:will|shall|should|is|are|arrives|ships|gets|goes)(?!\w)")
_LEAD = re.compile(r"[\s,:()\-]*(?:(?:and|but|so|then)\s+)?")
_QUOTE = re.compile(r"\"[^\"]*\"")
_OPENING = re.compile(r"(?:and|so|then|but|also|now|hopefully|that|said|for|is|rest assured|by|on|in|at|latest|the|within|before|no later than|sometime|later|early|only|even|until|first|as|of|thing|right|,|\s|-)*")

_SAYS: tuple[tuple[Kind, str], ...] = (
    ("refund", r"refund\w*|reimburs\w*|money|credit(?:ed)? (?:to|back|on|your)|credited|the (?:full )?amount|paid back|the difference|repay\w*|charge ?back|cash ?back|chargeback|returned to (?:you|your)|(?:transferred|paid) (?:back )?(?:in)?to your|funds"),
    ("call back", r"call\w*|phon\w+|ring(?:ing)?|contact (?:you|to)|contacted|give you a (?:call|ring|bell)|in touch|speak (?:to|with) you"),
    ("answer", r"findings|results?|(?:get|gets|getting|come|coming|circle|report|write|revert)\w* back (?:to|with)|get back|repl(?:y|ies|ied)|answer\w*|updat(?:e|es|ing) you|(?:an|with an|your|next|further) update|keep you (?:posted|updated|informed)|let you know|letting you know|inform\w*|respon\w+|hear back|hear from|email you|message you|notif\w+|confirm\w*|tell you"),
    ("fix", r"fix\w*|resolv\w+|repair\w*|solv\w+|sorted|sort (?:this|it|that)|restor\w+|back (?:up|online|to normal)|up and running|working again|(?:be|have it) back(?! (?:on|with|in))|update\b|patch\w*|releas\w+|live\b|correct\w+|rectif\w+|go(?:es)? live|roll(?:ed|ing)? out|outage|replace the"),
    ("delivery", r"deliver\w*|re-deliver\w*|ship\w*|arriv\w+|dispatch\w*|parcel|package|order|reach(?:es)? you|courier|gets? (?:it |them |this |that |one )?(?:over )?to you|send\w* (?:you |out )?(?:a|the|your|another|it)|sent out|replacement|mailed|mail out|post(?:ed)? (?:it|out)|drop off|goes out|on its way|tracking|in your hands|with you|leaves? (?:our|the) (?:warehouse|depot|hub|centre|center)|at your (?:home|door|address)"),
    ("follow-up", r"follow\w*[ -]?up|look(?:ing)? into|check\w*|investigat\w+|review\w*|escalat\w+|chase\w*|chasing|examin\w+"),
)
_KINDS = tuple((kind, re.compile(rf"(?<!\w)(?:{pattern})")) for kind, pattern in _SAYS)


class _Head(NamedTuple):
    start: int
    end: int
    says: str


def commitment(sentence: Sentence, when: When) -> Commitment | None:
    """Return what the sentence promises for that time; None where it promises nothing."""
    text = sentence.text
    if sentence.asks or any(one.start() <= when.start < one.end() for one in _QUOTE.finditer(text)):
        return None
    heads = _heads(text)
    begin, end = _clause(text, when)
    opening = _OPENING.fullmatch(text[begin:when.start]) is not None
    before = [head for head in heads if head.start < when.start]
    after = [head for head in heads if head.start >= when.end]
    ruling = after[0] if opening and after else before[-1] if before else None
    label = _LABEL.search(text[:when.start])
    if label is not None:
        return Commitment(_kind(label[0], 0), 0.7, label.start(), when.end)
    if ruling is None or ruling.says not in ("will", "plan", "try"):
        return None
    start = _clause_start(text, min(ruling.start, when.start))
    clause = text[start:max(end, _clause_end(text, ruling.end))]
    if _refused(text, before, ruling, when, clause):
        return None
    certainty = {"will": 0.9, "plan": 0.7, "try": 0.6}[ruling.says]
    certainty *= 0.7 if _VAGUE.search(clause) else 1.0
    kind = _kind(clause, ruling.end - start)
    if kind == "other":  # "the refund is approved and you should see it by …"
        kind = _kind(text[:start], 0)
        if kind == "other" and not _WE.search(clause):  # "prices will go up on Monday"
            return None
    end = start + len(clause.rstrip(" ,:(-"))
    if _NO_SUBJECT.match(text, start):  # "version 4.2, which mends it, will be out on …"
        start = _clause_start(text, max(0, start - 2))
    lead = _LEAD.match(text, start)
    return Commitment(kind, certainty, lead.end() if lead else start, end)


def _refused(text: str, before: list[_Head], ruling: _Head, when: When, clause: str) -> bool:
    first = min(ruling.start, when.start)
    last = max(ruling.end, when.end)
    behind = text[last:]
    conditional = _IF_AFTER.search(behind)
    return bool(
        _IF.search(text[:first]) or _IF.search(text[first:last]) or (conditional and not _INVITED.search(behind[:conditional.start()]) and not _INVITED.search(text[:first]))
        or any(head.says in ("reported", "hope") for head in before) or _POLICY.search(text)
        or (_PLURAL.search(text) and not _OURS.search(text)) or _YOU.search(clause) or _OPEN.search(clause)
        or any(head.says == "denied" and ruling.start <= head.start < when.start for head in before)
        or re.search(r"wish (?:i|we) could|(?:can't|cannot|can not|unable to|not able to|nobody can|no one can|don't|do not) (?:promise|guarantee|say|confirm|know|think|expect)", text[:last]))


def _heads(text: str) -> list[_Head]:
    found: list[_Head] = []
    for one in _HEAD.finditer(text):
        name = one.lastgroup or "h0"
        found.append(_Head(one.start(), one.end(), _HEADS[int(name[1:])][0]))
    return found


def _clause(text: str, when: When) -> tuple[int, int]:
    return _clause_start(text, when.start), _clause_end(text, when.end)


def _clause_start(text: str, place: int) -> int:
    return max((one.end() for one in _CLAUSE.finditer(text, 0, place) if one.end() <= place and one[0]), default=0)


def _clause_end(text: str, place: int) -> int:
    found = _CLAUSE.search(text, place)
    return found.start() if found else len(text)




def _kind(clause: str, place: int) -> Kind:
    """Return what is promised: the first word behind the verb that says it, else the first at all."""
    found = [(one.start() < place, one.start() if one.start() >= place else -one.start(), index, kind)
             for index, (kind, pattern) in enumerate(_KINDS) for one in pattern.finditer(clause)]
    said = [each for each in found if each[3] != "delivery"] or found  # an order is spoken of in every answer
    return min(said)[3] if said else "other"
