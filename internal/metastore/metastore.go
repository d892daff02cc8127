// Package metastore holds the stores of users and streams: a folder per database
// that can keep them; sqlmeta, what those have in common; and metastoretest, what
// every one of them must do. What a store is, its consumers say: account.Store and
// streams.Store.
//
// The queries in queries/ are written once, in SQL that all databases take; sqlc
// makes Go of them. The result is committed, with the hash of what it was made
// from, because sqlc takes minutes to build. After a change to queries or
// migrations, run make gen.
package metastore
