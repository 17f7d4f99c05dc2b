-- The User IDs of the party to be notified that has this one.
SELECT of_party.user_id
FROM notice_subscriber AS one
JOIN notice_subscriber AS of_party USING (party_id)
WHERE one.user_id = %(user_id)s
