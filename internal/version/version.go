// Package version tells which build of the operator is running.
package version

import "runtime/debug"

// release is the version that images are built with. The linker sets it.
var release string

// String returns the version of the release, else that of the module or, for a build from a checkout, its revision; "unknown" when the build says
// none of them.
func String() string {
	if release != "" {
		return release
	}
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
