-- One row a group, and one (side '') for all. A ticket counts where the machine has read it.
WITH arrived AS (
    SELECT id, channel, language, customer_id, received_at, status
    FROM tickets_ticket
    WHERE received_at >= %(since)s AND NOT seeded
),
read AS (
    SELECT receipt.ticket_id,
           receipt.seq,
           receipt.label,
           -- Of several matters none is automatic: a person is asked each time.
           receipt.status = 'ok' AND receipt.label <> ''
               AND receipt.output ->> 'outcome' IS DISTINCT FROM 'several matters' AS automatic,
           coalesce((receipt.output ->> 'audited')::boolean, false) AS drawn,
           jsonb_array_length(coalesce(receipt.output -> 'mended', '[]')) AS mended
    FROM tickets_receipt receipt
    JOIN arrived ON arrived.id = receipt.ticket_id
    WHERE receipt.step = 'classify' AND receipt.actor_kind <> 'human'
),
-- What the machine said first decides how the ticket went on, what it said last was checked.
said AS (
    SELECT ticket_id,
           (array_agg(automatic ORDER BY seq))[1] AS labelled,
           (array_agg(automatic ORDER BY seq DESC))[1] AS checked,
           (array_agg(drawn ORDER BY seq DESC))[1] AS drawn,
           (array_agg(label ORDER BY seq DESC))[1] AS label,
           max(mended) AS mended
    FROM read
    GROUP BY ticket_id
),
told AS (
    SELECT correction.ticket_id,
           (array_agg(correction.after ORDER BY correction.id DESC))[1] AS truth,
           bool_or(correction.before <> correction.after) AS changed
    FROM tickets_correction correction
    JOIN arrived ON arrived.id = correction.ticket_id
    WHERE correction.step = 'classify'
    GROUP BY correction.ticket_id
),
replied AS (
    SELECT message.ticket_id, min(message.at) AS at
    FROM tickets_message message
    JOIN arrived ON arrived.id = message.ticket_id
    WHERE message.direction = 'out' AND message.delivery <> 'failed'
    GROUP BY message.ticket_id
),
asked AS (
    SELECT DISTINCT ON (message.ticket_id) message.ticket_id, length(message.text) AS letters
    FROM tickets_message message
    JOIN arrived ON arrived.id = message.ticket_id
    WHERE message.direction = 'in'
    ORDER BY message.ticket_id, message.id
),
paid AS (
    SELECT purchase.customer_id,
           sum(payment.amount) AS amount,
           bool_or(purchase.currency <> %(currency)s) AS elsewhere
    FROM tickets_payment payment
    JOIN tickets_order purchase ON purchase.id = payment.order_id
    WHERE payment.kind = 'capture' AND purchase.customer_id IN (SELECT customer_id FROM arrived)
    GROUP BY purchase.customer_id
),
facts AS (
    SELECT arrived.language,
           arrived.channel,
           CASE WHEN coalesce(asked.letters, 0) <= 100 THEN 'to 100'
                WHEN asked.letters <= 300 THEN 'to 300'
                WHEN asked.letters <= 1000 THEN 'to 1000'
                ELSE 'over 1000' END AS length,
           CASE WHEN arrived.language NOT IN ('', 'en') THEN 'elsewhere'
                WHEN said.mended = 0 THEN 'as usual'
                WHEN said.mended = 1 THEN 'one'
                ELSE 'several' END AS spelling,
           CASE WHEN arrived.customer_id IS NULL THEN 'stranger'
                WHEN customer.since IS NULL THEN 'unknown'
                WHEN arrived.received_at < customer.since + interval '30 days' THEN 'month'
                WHEN arrived.received_at < customer.since + interval '1 year' THEN 'year'
                WHEN arrived.received_at < customer.since + interval '3 years' THEN 'three years'
                ELSE 'longer' END AS age,
           CASE WHEN arrived.customer_id IS NULL THEN 'stranger'
                WHEN paid.amount IS NULL THEN 'nothing'
                WHEN paid.elsewhere THEN 'elsewhere'
                WHEN paid.amount <= %(lower)s THEN 'lower'
                WHEN paid.amount <= %(upper)s THEN 'middle'
                ELSE 'upper' END AS spend,
           said.labelled,
           said.checked,
           said.checked AND said.drawn AS drawn,
           told.truth IS NOT NULL AS told,
           replied.at IS NOT NULL OR told.truth IS NOT NULL AS seen,
           coalesce(told.truth <> said.label, false) AS wrong,
           coalesce(told.changed, false) AS changed,
           CASE WHEN arrived.received_at > %(settled)s THEN NULL
                WHEN replied.at IS NOT NULL
                    THEN greatest(0, extract(epoch FROM replied.at - arrived.received_at))::float8
                WHEN arrived.status = 'closed' THEN NULL
                ELSE 'infinity'::float8 END AS waited
    FROM arrived
    JOIN said ON said.ticket_id = arrived.id
    LEFT JOIN told ON told.ticket_id = arrived.id
    LEFT JOIN replied ON replied.ticket_id = arrived.id
    LEFT JOIN asked ON asked.ticket_id = arrived.id
    LEFT JOIN tickets_customer customer ON customer.id = arrived.customer_id
    LEFT JOIN paid ON paid.customer_id = arrived.customer_id
)
SELECT CASE WHEN GROUPING(language) = 0 THEN 'language'
            WHEN GROUPING(length) = 0 THEN 'length'
            WHEN GROUPING(spelling) = 0 THEN 'spelling'
            WHEN GROUPING(channel) = 0 THEN 'channel'
            WHEN GROUPING(age) = 0 THEN 'age'
            WHEN GROUPING(spend) = 0 THEN 'spend'
            ELSE '' END AS side,
       coalesce(language, length, spelling, channel, age, spend, '') AS value,
       count(*) AS tickets,
       count(*) FILTER (WHERE NOT labelled) AS unlabelled,
       count(*) FILTER (WHERE changed) AS corrected,
       count(*) FILTER (WHERE checked AND seen) AS seen,
       count(*) FILTER (WHERE checked AND seen AND wrong) AS seen_wrong,
       count(*) FILTER (WHERE drawn) AS drawn_of,
       count(*) FILTER (WHERE drawn AND told) AS drawn,
       count(*) FILTER (WHERE drawn AND wrong) AS drawn_wrong,
       count(waited) FILTER (WHERE labelled) AS labelled_waited,
       percentile_disc(%(grid)s::float8[]) WITHIN GROUP (ORDER BY waited)
           FILTER (WHERE labelled) AS labelled_waits,
       count(waited) FILTER (WHERE NOT labelled) AS unlabelled_waited,
       percentile_disc(%(grid)s::float8[]) WITHIN GROUP (ORDER BY waited)
           FILTER (WHERE NOT labelled) AS unlabelled_waits
FROM facts
GROUP BY GROUPING SETS ((), (language), (length), (spelling), (channel), (age), (spend))
