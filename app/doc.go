// Package app is the only place that knows everything: it reads flags and
// environment, opens the database, puts the rooms together, serves, and shuts
// down. What the program does lives in the rooms.
package app
