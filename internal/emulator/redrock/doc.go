// Package redrock reads and runs the small SQL that clients of the admin API send to Redrock/query: one SELECT on one
// table.
//
//	query      = SELECT ( "*" | column { "," column } ) FROM table
//	             [ WHERE or ] [ ORDER BY order { "," order } ] [ LIMIT number [ OFFSET number ] ] [ ";" ]
//	or         = and { OR and }
//	and        = not { AND not }
//	not        = { NOT } term
//	term       = "(" or ")" | operand comparison
//	comparison = ( "=" | "!=" | "<>" ) operand
//	           | [ NOT ] LIKE operand
//	           | [ NOT ] IN "(" operand { "," operand } ")"
//	           | IS [ NOT ] NULL
//	operand    = column | string | number | TRUE | FALSE
//	order      = column [ ASC | DESC ]
//	column     = name | table "." name
//
// Key words and names may be in any case. A string is in single quotes; a quote in it is doubled. Values compare as text,
// and a null is neither equal to anything nor different from it, as in SQL.
package redrock
