// Package version tells which build of the operator is running.
package version

import "runtime/debug"

// String returns the version of the module or, for a build from a checkout, its revision; "unknown" when the build says neither.
func String() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return setting.Value
		}
	}
	return "unknown"
}
