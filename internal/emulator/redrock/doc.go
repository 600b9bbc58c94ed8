// Package redrock reads and runs the small SQL that clients of the admin API send to Redrock/query: one SELECT on one
// table.
//
//	query   = SELECT ( "*" | column { "," column } ) FROM table
//	          [ WHERE or ] [ ORDER BY order { "," order } ] [ LIMIT number [ OFFSET number ] ] [ ";" ]
//	or      = and { OR and }
//	and     = not { AND not }
//	not     = { NOT } ( group | test )
//	group   = "(" or ")"
//	test    = operand ( equal | like | in | null )
//	equal   = ( "=" | "!=" | "<>" ) operand
//	like    = [ NOT ] LIKE operand
//	in      = [ NOT ] IN "(" operand { "," operand } ")"
//	null    = IS [ NOT ] NULL
//	operand = column | string | number | TRUE | FALSE
//	order   = column [ ASC | DESC ]
//	column  = [ table "." ] name
//
// Key words and names may be in any case. A string is in single quotes; a quote in it is doubled. Values compare as text,
// and a null is neither equal to anything nor different from it, as in SQL.
package redrock
