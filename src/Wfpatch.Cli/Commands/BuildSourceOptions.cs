// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.CommandLine;
using Wfpatch.Build;
using Wfpatch.Build.SourcePatches;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Cli.Commands;

/// <summary>The options of <c>build</c> that are about source trees, and about which program or library is meant.</summary>
internal sealed class BuildSourceOptions
{
    private readonly Option<string?> _source = new("--source") { Description = "the source of the running program: a copy of it is built twice, without and with the fix", HelpName = "DIR" };
    private readonly Option<string?> _database = new("--compile-commands") { Description = "a compilation database (compile_commands.json): just the units that the fix touches are compiled, twice", HelpName = "FILE" };
    private readonly Option<string?> _configure = new("--configure") { Description = "with --source: prepares the build; without it what is detected", HelpName = "CMD" };
    private readonly Option<string?> _make = new("--make") { Description = "with --source: builds; without it what is detected (make, CMake, Meson, autotools, ninja)", HelpName = "CMD" };
    private readonly Option<string[]> _objects = new("--object") { Description = "file name of the program or library that is meant; several go into one patch file", DefaultValueFactory = _ => [], HelpName = "NAME" };
    private readonly Option<bool> _libraries = new("--lib-only") { Description = "shared libraries alone" };

    private readonly Option<string?> _series = new("--series") { Description = "with --deb or --source: the patches of a newer version, a folder with a series file (debian/patches); those that the source has are left out", HelpName = "DIR" };

    private readonly Option<bool> _host = new("--host") { Description = "with --deb: compile on this system; without it in a clean one made by mmdebstrap, not as root and without network" };

    public bool InChroot(ParseResult parsed) => !parsed.GetValue(_host);

    public string? Series(ParseResult parsed) => parsed.GetValue(_series);

    /// <summary>All patches in their order, those of the series first; or why the series cannot be read.</summary>
    public (ImmutableArray<string> Patches, Refusal? Refusal) Patches(ParseResult parsed, string[] named)
    {
        if (Series(parsed) is not { } folder)
        {
            return ([.. named], null);
        }
        var (files, refusal) = PatchSeries.Read(folder);
        return ([.. files, .. named], refusal);
    }

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _source, _database, _configure, _make, _series, _host, _objects, _libraries })
        {
            command.Add(option);
        }
    }

    /// <summary>The compilation database or the tree; null where another way of building is meant.</summary>
    public string? Source(ParseResult parsed) => parsed.GetValue(_database) ?? parsed.GetValue(_source);

    /// <summary>What is wrong with the ways of building that were asked for, or null: exactly one must be, with what belongs to it.</summary>
    public string? Conflict(ParseResult parsed, bool hasObjects, bool hasPackage, bool hasPatch)
    {
        bool hasSource = Source(parsed) is not null;
        if ((hasObjects ? 1 : 0) + (hasPackage ? 1 : 0) + (hasSource ? 1 : 0) > 1)
        {
            return "--old and --new, --deb, and --source or --compile-commands are different ways; choose one";
        }
        bool isTree = hasSource && parsed.GetValue(_database) is null;
        return hasObjects && hasPatch ? "--patch goes with --source, --compile-commands or --deb, not with --old and --new"
            : !isTree && (parsed.GetValue(_make) ?? parsed.GetValue(_configure)) is not null ? "--configure and --make go with --source alone"
            : !hasPackage && parsed.GetValue(_host) ? "--host goes with --deb alone"
            : !hasPackage && !isTree && Series(parsed) is not null ? "--series goes with --deb or --source"
            : null;
    }

    /// <summary>Whether a whole tree is built twice.</summary>
    public bool IsTree(ParseResult parsed) => parsed.GetValue(_source) is not null && parsed.GetValue(_database) is null;

    public BuildOptions Choose(ParseResult parsed, BuildOptions options) =>
        options with { ObjectNames = [.. parsed.GetValue(_objects)!], LibrariesOnly = parsed.GetValue(_libraries) };

    public Task<BuildResult> RunAsync(ParseResult parsed, string source, ImmutableArray<string> patches, ImmutableArray<string> earlier, string? cache, BuildOptions options, CancellationToken cancel) => parsed.GetValue(_database) is { } database
        ? CompileCommandsBuild.RunAsync(
            new CompileCommandsOptions(database, [.. patches]) { Common = options, SourceFolder = parsed.GetValue(_source), CacheFolder = cache }, cancel)
        : SourceTreeBuild.RunAsync(
            new SourceBuildOptions(source, [.. patches])
            {
                SeriesFolder = Series(parsed),
                EarlierFiles = earlier,
                Common = options,
                Configure = parsed.GetValue(_configure),
                Make = parsed.GetValue(_make),
                CacheFolder = cache,
            },
            cancel);
}
