package signin

import (
	"context"

	"cchc/base/i18n"
	"cchc/base/moment"
)

// usedText tells when something was used last.
func usedText(ctx context.Context, at moment.Instant) string {
	if at == 0 {
		return i18n.T(ctx, "auth.never_used")
	}
	return i18n.ShortInstant(ctx, at)
}
