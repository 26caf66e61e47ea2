"""The wordings in which money is given, taken up, put off or refused, as patterns.

Wordings of a commitment are without end, those in which money is spoken of and not promised
are few: so what speaks of giving money back counts as a commitment unless one of them is
found.
"""

from __future__ import annotations

import re
from typing import Final


def _compile_any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


AMOUNT_MARK: Final = "¤"
"""What stands for an amount while a sentence is read."""
MONEY_NOUN: Final = (
    rf"(?:{AMOUNT_MARK}|(?<!\d)\d{1, 3} ?%|\b(?:money|cash|amount|sum|payment|(?:purchase |full |whole )?price|difference|fees?|charges?"
    r"|postage|costs?|deposit|vouchers?|gift cards?|credit|total|half|per ?cent|penny|funds|cheques?|what you (?:have )?paid)\b)"
)
GIVER: Final = (
    r"\b(?:we|i|they|accounts|finance|(?:the|our) (?:\w+ )?(?:team|department|shop|accounts|finance|bank|accountants?)"
    r"|(?:my|our|a|the) (?:colleague|manager|supervisor|boss)s?)"
)
AUXILIARY: Final = r"(?:['’]ll|['’]ve|['’]re|['’]m|['’]d| will| shall| have| has| are| am| is| can| could| may| would| want to| wish to| plan to| intend to|)"
ADVERBS: Final = (
    r"(?: (?:now|gladly|happily|already|also|of course|certainly|then|simply|just|immediately|fully|still|only|even|today"
    r"|therefore|be|been|gone ahead and|went ahead and|go ahead and|personally|definitely|able to|happy to|glad to|pleased to"
    r"|going to|like to|love to|delighted to|willing to|free to|promise to|decided to|agreed to|made sure to|make sure to)){0,4}"
)
MONEY_VERB: Final = r"(?:(?:refund|re-fund|reimburs|repay|repaid|compensat|indemnif)\w*|credit(?:ed|ing)?(?= (?:you|your|the|it|this|that|both|back|to|an?|him|her|them)\b| ¤|\W*$))(?! (?:request|wish|question|form|polic|team)\w*)"
TRANSFER_VERB: Final = (
    r"(?:giv|gave|return|pay|paid|send|sent|transfer|wir(?:e|ing)\b|hand|offer|issu|add|put(?![^,;:]*\b(?:to (?:a|my|our|the) (?:colleague|team|supervisor|manager)|forward))|cover|releas|deposit|revers|process"
    r"|arrang|initiat|trigger|request(?:ed|ing) your bank|(?:tak|took)(?=[^,;:]*\boff\b)|knock|make (?:it|this|that) up|mak|made|owe)\w*"
)

MONEY_BACK: Final = _compile_any(
    r"\bre-?fund\w*|\breimburs\w*|\brepa(?:y|id)\w*|\bcompensat\w*|\bcash ?back\b|\bcredit note\b|\bstore credit\b"
    r"|\bgoodwill\b|\bout of pocket\b|\bmoney back\b",
    r"\b(?:pay|pays|paid|paying|give|gives|gave|given|giving|get|gets|have|having|send|sent|return\w*|transfer\w*|put|wire) (?:\w+ ){0,4}"
    rf"{MONEY_NOUN}(?: [^,;:]{{0,20}})?\bback\b",
    rf"\b(?:pay|pays|paid|paying|give|giving|send|sent) (?:\w+ ){{0,2}}back\b[^,;:]{{0,25}}{MONEY_NOUN}",
    r"\b(?:pay|pays|paid|paying) (?:you|it|this|that|them|everything|all of it) back\b",
)
"""What is said of money that goes back: the words alone make a promise where nothing excuses them."""

TO_CUSTOMER: Final = (
    r"(?:\bback\b|\btaken off\b|\breturn(?:s|ed|ing)?\b(?! (?:postage|costs?|fees?|labels?|shipping|parcels?|address)\b)|\bremit\w*|\bcredit(?:s|ed|ing)?\b|\btransfer(?:s|red|ring)? (?:you|it|the|your|to|back)\b|\bpa(?:y|id|ying) (?:you|out|it to you|to you|into your|in to your|over)\b"
    r"|\breleas\w+|\brevers\w+|\bwir(?:ed|ing)\b|\brefund\w*|\b(?:to|with|into|in|on) your? (?:\w+ )?(?:account|card|bank|wallet|statement)\b|\byours\b|\b(?:in the|by) post\b|\bwith you\b|\bto you\b"
    r"|\byou(?:['’]ll| will| shall| should| can| may| are going to|)(?: \w+)? (?:get|receive|have(?! to\b)|expect|see|find|collect|keep)\b)"
)
MONEY_TO_CUSTOMER: Final = _compile_any(
    rf"{MONEY_NOUN}[^;]*?{TO_CUSTOMER}",
    rf"{TO_CUSTOMER}[^;]*?{MONEY_NOUN}",
    rf"\b(?:your|the|this|that|these) {AMOUNT_MARK} [^,;:]{{0,20}}\b(?:will|should|goes|comes|left|leaves|follows|lands|arrives|has|was sent|went|on)\b",
)
"""Money, and that it goes their way: a promise unless something excuses it."""
MONEY_FROM_CUSTOMER: Final = _compile_any(
    r"\byou(?:['’]ve| have| had| already|)(?: \w+)? paid\b(?![^,;:]*\b(?:back|return\w*|credit\w*)\b)|\b(?:charged?|invoiced?|billed?|deducted|debited|owe us|pay us|outstanding|due from)\b(?![^,;:]*\b(?:back|revers\w*|return\w*|credit\w*)\b)"
    r"|\byour (?:\w+ )?payment\b[^,;:]*\b(?:received|arrived|reached us|failed|bounced|cleared)\b|\b(?:receive|received|got|have) your (?:\w+ )?payment\b|\b(?:record|invoice|receipt)s?\b[^,;:]{0,20}\b(?:show|of|for)\b"
    r"|\b(?:gift cards?|vouchers?)(?: that| which)? you (?:bought|ordered|have|were|got|mention\w*|received|used|sent)\b|\byour (?:gift card|voucher) (?:has|was|is)\b|\b(?:gift cards?|vouchers?) (?:are|can|is)\b|\bpaid [^,;:]* with an? \b|\byou can (?:also )?pay\b|\bpayment (?:can|may|methods?|options?)\b|\bin stock\b|\bwent up\b|\bcosts? (?:¤|you)\b",
)
"""Money that comes from the customer, or a price that is named."""

COMMITMENT: Final = _compile_any(
    rf"{GIVER}{AUXILIARY}{ADVERBS} {MONEY_VERB}",
    rf"{GIVER}{AUXILIARY}{ADVERBS} {TRANSFER_VERB}\b[^,;:]{{0,50}}(?:{MONEY_NOUN}|{MONEY_BACK.pattern})",
    rf"{GIVER}{AUXILIARY}{ADVERBS} (?:give|make|see to|ensure|guarantee|promise)\w* (?:it |that )?(?:\w+ )?you (?:will )?(?:get|receive|are|have|your)",
    r"^\W*(?:let me|allow me to|let us|i['’]ll|we['’]ll) (?:\w+ )?(?:refund|reimburse|repay|credit|pay|compensate)",
    r"\byou(?:['’]ll| will| shall| are going to| can| should| may|['’]re going to)? (?:\w+ ){0,2}(?:be (?:fully |also )?(?:refunded|paid|reimbursed|compensated|credited|given))",
    rf"\byou(?:['’]ll| will| shall| are going to| can| should|['’]re)? (?:\w+ )?(?:get|getting|receive|receiving|have(?! (?:any |a |more |further )*(?:questions?|reasons?|doubts?|asked))|expect)\b[^,;:]{{0,40}}(?:{AMOUNT_MARK}|{MONEY_BACK.pattern}|your money|the money|the (?:whole |full )?(?:amount|price|sum))",
    rf"(?:{MONEY_BACK.pattern}|{MONEY_NOUN})(?: that| which)? {GIVER}{AUXILIARY}{ADVERBS} (?:pay|send|giv|transfer|owe|return|process|mak)\w*",
    rf"{MONEY_NOUN} (?:is |are |was |has been |will be |then |fully )*(?:returned|refunded|repaid)\b|{MONEY_NOUN}[^,;:]{{0,12}} (?:has|have) (?:\w+ )?(?:left|gone (?:out|back))\b",
    r"\byou(?:['’]ll| will)? (?:get|have|receive) (?:everything|it all|all of it|the lot|all that) (?:\w+ )?back\b",
    r"\byou(?:['’]re| are) (?:also )?(?:due|owed|entitled to|eligible for|getting)\b|\byou qualify for\b|\bwe owe you\b",
    rf"{MONEY_NOUN}[^,;:]{{0,30}}\b(?:will|shall|should|is going to|are going to|goes|go|is|are|comes|has been|have been|was|were|being)\b(?: \w+){{0,2}} "
    r"(?:refunded|returned|reimbursed|credited|repaid|sent back|paid back|given back|transferred|reversed|waived|cancelled and|paid out|paid to you)",
    rf"{MONEY_NOUN}[^,;:]{{0,30}}\b(?:will be|is|are|comes?|coming|goes|go|going|being|should be|reach\w*|arriv\w*)\b(?: \w+)? (?:back (?:to|on|in|with)|coming back|going back|yours|with you (?:by|in|on|soon|shortly)|in your account|on your card|good as)",
    rf"{MONEY_NOUN}[^,;:]{{0,20}}\bwill (?:be )?(?:paid|reach you|arrive in your|be with you)\b",
    r"\b(?:refund|credit|reimbursement|compensation|voucher)\b[^,;:]{0,40}\b(?:will|shall|should|is going to) (?:\w+ )?(?!not\b)(?:be (?!(?:\w+ )?(?:reviewed|decided|checked|considered|looked|discussed))|reach|arrive|appear|show|come|go|take)",
    r"\bre-?fund(?:s|ing)? (?:to (?:appear|arrive|reach|show|come|land)|you (?:in full|the|your|for|both|all))",
    r"\b(?:will|shall|['’]ll|to|are|am|is|and|would) (?:\w+ )?(?:re-?fund|reimburse|repay|compensate)(?:ing)? (?:you|it|the|your|this|that|both|all|everything|half)\b",
    r"\basked (?:accounts|finance|(?:our|the|my) \w+) to (?:pay|refund|send|transfer|credit|return|put)\b",
    r"\b(?:consider|call) it (?:done|refunded|paid|settled|sorted)\b|\bmy word\b|\bwe guarantee\b|\bi guarantee\b|\b(?:we|i) promise\b|\bas good as yours\b",
    r"\b(?:for|with) (?:a|your) (?:full|complete|partial) refund\b|\bfull refund for (?:you|your|the)\b",
    r"\b(?:here is|here are|please accept|enclosed is|attached is|we enclose|find attached)\b[^,;:]{0,40}"
    rf"(?:{AMOUNT_MARK}|credit|voucher|gift card|goodwill|compensation)",
)
"""Money that will be given, whatever stands around it."""

DECISION: Final = _compile_any(
    r"\b(?:re-?fund|credit|reimbursement|compensation|voucher|money|amount|claim|request|case|wish|it|this|that|everything)\b[^.;:?]{0,50}?"
    r"\b(?:is|are|was|were|been|got|gets|has|have|and)\b(?: (?!to\b|being\b|not\b|never\b|who\b)\w+){0,2} "
    r"(?:approved|accepted|granted|authori[sz]ed|agreed|confirmed|settled|signed off|successful|guaranteed|certain|cleared|ready|allowed|sorted(?: out)?)\b",
    rf"{GIVER}(?:['’]ve| have| has| had| already| just| now| all| gladly)* (?:approved|agreed|accepted?|granted?|authori[sz]ed?|signed off|decided (?:to|that)|said yes|confirm(?:ed)?)\b(?! (?:not|against|that you|you asked))",
    r"\b(?:pleased|happy|delighted|glad) to (?:confirm|inform|tell|let|announce|say|share|report)\b",
    r"\bgreen light\b|\bgo-?ahead (?:from|for|was|is|has)\b|\bsaid yes\b|\bdecision\b[^,;:]*\b(?:positive|favourable|yes)\b|\bapproval (?:has been|was|is) (?:given|granted|there)\b|\bin your favou?r\b",
)
MONEY_MOVED: Final = _compile_any(
    rf"{GIVER}(?:['’]ve| have| has| had|)(?: \w+)?(?: just| already| now| also| gone ahead and| went ahead and| fully| today)* "
    r"(?:refunded|reimbursed|repaid|credited|compensated|paid back)\b",
    rf"{GIVER}(?:['’]ve| have| has| had)(?: \w+)? (?:issued|processed|sent|paid|made|returned|reversed|transferred|put(?![^,;:]*\bto (?:a|my|our|the) (?:colleague|team|supervisor|manager))|given|added|initiated|triggered|arranged)\b",
    rf"{GIVER} (?:issued|processed|sent|paid|made|returned|reversed|transferred|gave|added)\b",
    r"\b(?:has|have|was|were|been|is|are)(?: (?!not\b|never\b|to\b)\w+){0,2} (?:refunded|reimbursed|repaid|credited|compensated|reversed|processed|issued|paid(?! for)|paid out|returned|sent|transferred|completed?|made out|wired)\b",
    r"\bon (?:its|the|their) way\b|\bwent (?:out|through|back)\b|\bhas (?:left|gone (?:out|through|back)|arrived)\b|\balready (?:in|on|with)\b|\bis complete\b|\bbeing (?:paid|processed|issued|sent|transferred|put through)\b"
    r"|\bputting\b[^,;:]{0,20}\bthrough\b",
    r"\bshould (?:see|have|find|notice)\b|\b(?:will|should) (?:see|show|appear|be visible)\b[^,;:]{0,25}\b(?:statement|card|account)\b",
    r"\bput\b[^,;:]{0,20}\bthrough\b",
)
"""Of these, what says that the money has moved."""

# --- what excuses ------------------------------------------------------------------------

PAPERWORK: Final = re.compile(
    r"\b(?:send|sent|sending|add|added|make|made|give|gave|given|offer|pass(?:ed)?|forward(?:ed)?|issued?|attach(?:ed)?)\b(?: (?!refund|credit|money)\w+){0,3} (?:them|cop(?:y|ies)|photos?|pictures?|labels?|invoices?|receipts?|forms?|links?|messages?|e-?mails?"
    r"|requests?|cases?|questions?|details|notes?|answer|reply|update|news|parcels?|tracking)\b",
    re.IGNORECASE,
)
"""What else is sent and made."""
NOT_OUT_OF_POCKET: Final = re.compile(
    r"\b(?:not|never|won['’]t|don['’]t|aren['’]t) (?:\w+ ){0,3}out of pocket\b", re.IGNORECASE
)
IGNORED_PHRASES: Final = _compile_any(
    r"\b(?:send|sent|sending|bring|bringing|ship|shipping|post|posting) (?:(?:it|this|that|them|these|something)|(?:the|your|an?) (?!money|payment|amount|sum|price|cash)\w+) back\b",
    r"\b(?:wrong|unfair|silly|a shame|a pity|hard) not to\b|\bnot to (?:refund|pay|return|credit)\b[^,;:]{0,30}\bwould be\b|\bwe never keep\b",
    r"\bfree of charge\b|\bat no (?:extra )?(?:cost|charge)\b",
    r"\b(?:do not|don['’]t|no need to|never|not to|please don['’]t) worry\b|\bno (?:problem|worries|doubt|question|trouble|bother|issue|obstacle|reason)s?\b(?: (?:at all|with|about|in|for|to))?"
    r"|\bnot only\b|\bnothing (?:more )?(?:stands?|speaks?|is) (?:in the way of|against|wrong with|between)\b|\bwithout (?:any )?(?:delay|hesitation|fuss|question|further)\b"
    r"|\b(?:no|not) (?:later|more|less|fewer|longer) than\b|\bwhy not\b|\bno need to\b|\b(?:do|does|will|would|are|is|have|need) not (?:have to |need to )?(?:return|send|wait|do anything|hesitate|refuse|deny|forget|withhold|turn down|say no)\b"
    r"|\b(?:won|wouldn|don|doesn|needn|can)['’]?t (?:have to |need to )?(?:return|send|wait|do anything|hesitate|refuse|deny|forget|withhold|turn down|say no)\b"
    r"|\bcannot (?:refuse|deny|turn down|say no|wait|apologi[sz]e enough)\b|\bno longer a problem\b|\bwhether or not\b|\bnot a problem\b",
)
"""Negations that deny nothing, or deny a refusal."""
DENIAL: Final = _compile_any(
    r"\b(?:not|no|never|cannot|unable|neither|nor|none|nobody|nothing|impossible|\w+n['’]t|cant|wont|dont)\b",
    r"\b(?:refus|declin|reject|exclud|den(?:y|ie))\w*|\btoo late\b|\bexpired\b|\b(?:time|period|window|deadline)\b[^,;:]*\b(?:over|ended|closed|gone|past|passed)\b|\b(?:has|have|had) (?:passed|expired|ended|run out)\b|\bended on\b|\bran out\b|\bwish (?:i|we) could\b|\bwould have (?:liked|loved|been)\b",
)
AFTER_APPROVAL: Final = _compile_any(
    r"\b(?:if|once|when|should)\b[^,]*\b(?:answer|says? yes|a yes)\b",
    r"\b(?:if|once|as soon as|should|after|unless|until|till|provided|in case|before|whether|only when|only if|subject to|depend\w*|when(?!\b[^,]*\bwas\b))\b[^.]*?"
    r"(?<!\byou )\b(?:approv(?:e|es|ed|al)|decid(?:e|es|ed)|decision|review(?:ed|s)?"
    r"|(?:colleagues?|supervisors?|managers?|team|they|he|she|boss|somebody|someone) (?:\w+ )?(?:agrees?|agreed|says? (?:yes|so)|signs? (?:it )?off|allows?|accepts?|confirms?|looks?|looked))\b",
)
"""A condition that only the approval of a person meets."""
UNDER_WAY: Final = _compile_any(
    r"\b(?:under|in|pending|awaiting|await) (?:review|approval|consideration|a decision)\b|\bwait\w* (?:for|on) (?:the |an? )?(?:approval|decision|answer)\b",
    r"\b(?:is|are|was|now|still|being|be) (?:now |still |being |carefully )*(?:reviewed|checked|considered|looked at|looked into|decided on|discussed|examined)\b",
    r"\b(?:colleagues?|supervisors?|managers?|team|we|i) (?:now |still |first )*(?:reviews?|checks?|considers?|decides?|looks? (?:at|into))\b",
    r"\b(?:review|check|consider|look|examin|weigh|decid)ing\b|\b(?:will|can|may|has to|have to|must|to|who|yet to|needs to|still has to|would) (?:\w+ )?(?:decide|approve|agree|review|check|consider|look (?:at|into))\b",
    r"\b(?:takes?|requires?) (?:the |an? )(?:\w+ )?(?:approval|decision|yes)\b",
    r"\bneeds? (?:the |an? )?(?:approval|decision|look|closer)|\b(?:has|have|must|needs?|yet) to (?:first )?be (?:\w+ )?(?:approved|decided|reviewed|checked|confirmed|agreed)\b|\bmust be (?:\w+ )?(?:approved|decided|checked)\b"
    r"|\b(?:has|have) (?:been |now been )?(?:proposed|put forward|suggested|passed on|forwarded|handed)\b|\b(?:proposed|put forward|suggested)\b|\bwhether\b|\b(?:looked|looking) (?:into|at|for)\b|\bfind out\b",
    r"\b(?:asked?|ask(?:ing)?|will ask)\b[^,;:]{0,30}\b(?:whether|if|to (?:approve|decide|look|check|review))\b|\b(?:passed|forwarded|handed|given) (?:on )?(?:your|the|this|it|a)\b[^,;:]{0,40}\bto\b"
    r"|\b(?:with|before|(?:referred|passed|handed|sent|put|gone|escalated|forwarded|given|over) to) (?:a|an|my|our|the|one of (?:my|our)) (?:\w+ )?(?:colleagues?|supervisors?|managers?|team|boss)\b|\bon (?:his|her|their|my|a|the) (?:\w+ )?desk\b|\bwaiting (?:for|on) (?:a|the|an|word)\b|\b(?:the|a|any|our) decision (?:on|about|of)\b|\bdecides? (?:on|about)\b|\bfor (?:a decision|approval|review)\b|\bput\b[^,;:]*\bto (?:a|my|our|the) (?:colleague|team|supervisor|manager)",
)
ACKNOWLEDGEMENT: Final = _compile_any(
    r"\byou(?:['’]d|['’]ve|['’]re| have| had| also| still| now| would| are| were)*(?: also| still| now| rather| already)* "
    r"(?:ask\w*|want|wanted|wish|like|prefer|mention\w*|raise|write|wrote|told|tell us|request\w*|expect(?:ed|ing)|hop\w+|speak|say|said|bring|waiting|looking|missing|claim\w*|had to ask|seek\w*|enquir\w+|inquir\w+|demand\w*|chas\w+|chose|chosen)\b",
    r"\byour (?:\w+ )?(?:request|question|wish|message|enquiry|query|claim|e-?mail|letter|patience|interest|concern|worry)s?\b(?! (?:has been|was|is|have been) (?:approved|granted|accepted|agreed|successful))",
    r"\b(?:thank\w*|sorry|apologi[sz]\w+|apologies|regret\w*|understand\w*|noted|know|knows|see|seen) (?:\w+ ){0,3}(?:that|for|about|how|you|why|of)\b",
    r"\b(?:about|regarding|concerning|news (?:of|about)|status of|wait(?:ing)? for|patience with|happened to|\bon|questions? (?:about|on)|(?:delay|trouble|problem|mistake|error|issue|wait|help|matter|thing)s? with) (?:the|your|this|a|that|any) (?:\w+ )?(?:re-?fund|credit|voucher|compensation|gift card|money)\b",
    r"\b(?:where|when|how|what|why) (?:the|your|a|this) (?:\w+ )?(?:re-?fund|credit|money)\b",
    r"\b(?:reason|ask|asking|asked|apply|applied|request\w*|wish|need|hope) (?:us )?for (?:a|your|the|any|this|that|store)\b",
    r"\b(?:we|i|you|they|someone|somebody|(?:my|a|our) colleague|the team)(?:['’]ll| will| shall) (?:\w+ )?(?:write|let you know|tell you|inform|call|be in touch|get back to|keep you|hear|be told|be informed)\b",
    r"\bmentioned\b|\btaking (?:so |too |very )?long\b|\b(?:important|matters)\b|\bquestions?\b|^\W*if you see\b",
    r"\b(?:want|wanted|wish|would like|hoped|asked) to be (?:refunded|reimbursed|compensated|paid)\b",
)
RULES_AND_FORMS: Final = _compile_any(
    r"\bre-?fund(?:s)? (?:polic\w+|request\w*|form\w*|window|team|department|terms|rules|page|status|process|question\w*|desk|period|clause\w*|section|reference)\b",
    r"^\W*(?:all |every |any |most |our |questions about |the rules on )*(?:vouchers?|gift cards?|a voucher|a gift card|re-?funds|credits)\b(?!.*\byour?\b(?! paid))[^,;:]*$",
    r"\b(?:our|the|this|under (?:our|the)) (?:\w+ )?(?:polic\w+|terms|conditions|rules?|clause|website|page)\b(?!.*\byou (?:will|are|get|receive|qualify|can)\b)",
    r"\b(?:can|may|could|must|has to|have to) be (?:asked for|requested|applied for|claimed|made within)\b|^\W*for an? (?:re-?fund|credit|voucher)\b|^\W*to (?:look|decide|check|get|ask|apply)\b",
    r"\b(?:from|of|by) (?:another|a different|some other) (?:shop|seller|company|order)\b",
)
"""Said of rules and forms, and to nobody in particular."""
QUESTION: Final = _compile_any(
    r"\?\W*$",
    r"\b(?:please |kindly |just )?(?:tell|let) us (?:know )?(?:whether|which|why|if|what|how)\b",
    r"\bso that we can (?:decide|look|check)\b|\bbefore we can decide\b|\bif you have (?:any )?(?:questions?|doubts?)\b|\bif (?:anything|something)\b[^,]*\bunclear\b",
)
