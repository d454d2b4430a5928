package i18n

import (
	"context"

	"golang.org/x/text/language"
)

// The languages of the product.
const (
	Vietnamese = "vi" // the default
	English    = "en"
)

// Langs lists the languages, the default first.
var Langs = []string{Vietnamese, English}

type langKey struct{}

// With returns a context in which T answers in lang; a language that the product
// does not have leaves the context as it is.
func With(ctx context.Context, lang string) context.Context {
	if !Known(lang) {
		return ctx
	}
	return context.WithValue(ctx, langKey{}, lang)
}

// Lang returns the context's language, "vi" when none was chosen.
func Lang(ctx context.Context) string {
	if l, ok := ctx.Value(langKey{}).(string); ok {
		return l
	}
	return Vietnamese
}

// Known reports whether the product speaks lang.
func Known(lang string) bool { return lang == Vietnamese || lang == English }

var matcher = language.NewMatcher([]language.Tag{language.Vietnamese, language.English})

// Match chooses the language for an Accept-Language header. Vietnamese wins when
// the header names neither, or cannot be read.
func Match(acceptLanguage string) string {
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(tags) == 0 {
		return Vietnamese
	}
	_, i, confidence := matcher.Match(tags...)
	if confidence == language.No {
		return Vietnamese
	}
	return Langs[i]
}
