// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build.Sources;

/// <summary>How a source tree is built: shell commands that run in a copy of it.</summary>
/// <param name="System">The build system's name for people.</param>
/// <param name="Configure">Prepares the first build; null where nothing is to be prepared.</param>
/// <param name="Make">Builds what is not built yet, or what changed.</param>
internal sealed record BuildRecipe(string System, string? Configure, string Make)
{
    private static readonly string Jobs = Environment.ProcessorCount.ToString(global::System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Builds of CMake and Meson stand in a folder of this name within the copy.</summary>
    private const string Folder = "wfpatch-build";

    public string Commands => Configure is null ? Make : $"{Configure} && {Make}";

    /// <summary>What the user says counts; the rest comes from what lies in the tree.</summary>
    public static (BuildRecipe? Recipe, Refusal? Refusal) For(string tree, string? configure, string? make)
    {
        if (make is not null)
        {
            return (new BuildRecipe("given", configure, make), null);
        }
        return Detect(tree) is { } found
            ? (configure is null ? found : found with { Configure = configure }, null)
            : (null, BuildRefusals.NoBuildSystem.About(tree,
                $"{tree} has no file of a build system that is known (configure, configure.ac, CMakeLists.txt, meson.build, build.ninja, Makefile); say with --make how it is built."));
    }

    // What was configured already goes first: it holds the choices of whoever did it.
    private static BuildRecipe? Detect(string tree)
    {
        bool Has(string name) => File.Exists(Path.Combine(tree, name));
        return Has("build.ninja") ? new BuildRecipe("ninja", null, $"ninja -j{Jobs}")
            : Has("config.status") ? new BuildRecipe("autotools, configured", "./config.status --recheck && ./config.status", $"make -j{Jobs}")
            : Has("configure") ? new BuildRecipe("configure", "./configure", $"make -j{Jobs}")
            : Has("configure.ac") || Has("configure.in") ? new BuildRecipe("autotools", "autoreconf -fi && ./configure", $"make -j{Jobs}")
            : Has("CMakeLists.txt") ? new BuildRecipe("CMake", $"cmake -S . -B {Folder} -DCMAKE_BUILD_TYPE=RelWithDebInfo", $"cmake --build {Folder} -j{Jobs}")
            : Has("meson.build") ? new BuildRecipe("Meson", $"meson setup {Folder} --buildtype=debugoptimized", $"ninja -C {Folder} -j{Jobs}")
            : Has("GNUmakefile") || Has("Makefile") || Has("makefile") ? new BuildRecipe("make", null, $"make -j{Jobs}")
            : null;
    }
}
