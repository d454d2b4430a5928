// Command cchc runs the public administrative reform (cải cách hành chính) of a
// commune or a province: one program, one database.
package main

import (
	"os"

	"cchc/app"
)

func main() { os.Exit(app.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
