// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Build;

namespace Wfpatch.Lab.Bench;

/// <summary>Packages of which the touched units alone are compiled: a whole build of each would take minutes to hours.</summary>
internal static class UnitRecipes
{
    private const string UpdateConfig = "dh_update_autotools_config";
    private const string Autoreconf = $"{UpdateConfig} && dh_autoreconf";
    private const string Configure = "$(MAKE) -f debian/rules override_dh_auto_configure";
    private const string DryRun = "$(MAKE) -n -k -w";

    /// <summary>A makefile that goes into folders by a loop of its own ends it at the first one where something is missing that a dry run does not make.</summary>
    private const string DryRunEverywhere = $"for folder in `find debian/build -name Makefile -printf '%h '`; do {DryRun} -C $$folder; done";

    private static readonly ImmutableArray<UnitRecipe> All =
    [
        new(
            "redis", null, "dh_auto_build --no-parallel -- -n -k -w V=1 USE_SYSTEM_JEMALLOC=yes USE_SYSTEMD=yes USE_JEMALLOC=yes",
            "redis-check-rdb", ["redis-tools"]),
        new(
            "openldap", $"{Autoreconf} && DH_OPTIONS=--builddirectory=debian/build {Configure} && $(MAKE) -C debian/build/include", DryRunEverywhere,
            "slapd", ["slapd", "libldap-2.5-0", "ldap-utils"]),
        new(
            "apache2", $"{Autoreconf} && {Configure} && $(MAKE) -C server test_char.h", DryRun,
            "apache2", ["apache2-bin", "apache2-utils"]),
        // Its rules configure a copy of the sources; the same options do in their own place, which is where fixes are.
        new(
            "nginx", "./configure $(bin_configure_flags)", $"{DryRun} build",
            "nginx", ["nginx", "libnginx-mod-stream", "libnginx-mod-mail", "libnginx-mod-http-image-filter", "libnginx-mod-http-xslt-filter", "libnginx-mod-http-geoip", "libnginx-mod-http-perl"]),
        new(
            "postgresql-15", $"{UpdateConfig} && {Configure} && $(MAKE) -C build/src/backend generated-headers", $"{DryRun} -C build/src all; {DryRun} -C build/contrib all",
            "postgres", ["postgresql-15", "postgresql-client-15", "libpq5"]),
        new(
            "nodejs", Configure, $"{DryRun} V=1 BUILDTYPE=Release -C out",
            "libnode.so.108", ["libnode108", "nodejs"]),
    ];

    internal static UnitRecipe? Find(string source) => All.FirstOrDefault(recipe => recipe.Source == source);
}
