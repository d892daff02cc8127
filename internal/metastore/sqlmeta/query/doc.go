// Package query is what sqlc makes of the queries and the schema: a method for each
// query, prepared, that takes and gives columns as they are. All but this comment
// is generated; see metastore.
package query
