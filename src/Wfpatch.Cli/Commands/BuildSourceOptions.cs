// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using Wfpatch.Build;

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

    private readonly Option<bool> _chroot = new("--chroot") { Description = "with --deb: compile in a clean system made by mmdebstrap, not as root and without network" };

    public bool InChroot(ParseResult parsed) => parsed.GetValue(_chroot);

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _source, _database, _configure, _make, _chroot, _objects, _libraries })
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
            : !hasPackage && parsed.GetValue(_chroot) ? "--chroot goes with --deb alone"
            : null;
    }

    public BuildOptions Choose(ParseResult parsed, BuildOptions options) =>
        options with { ObjectNames = [.. parsed.GetValue(_objects)!], LibrariesOnly = parsed.GetValue(_libraries) };

    public Task<BuildResult> RunAsync(ParseResult parsed, string source, string[] patches, string? cache, BuildOptions options, CancellationToken cancel) => parsed.GetValue(_database) is { } database
        ? CompileCommandsBuild.RunAsync(
            new CompileCommandsOptions(database, [.. patches]) { Common = options, SourceFolder = parsed.GetValue(_source), CacheFolder = cache }, cancel)
        : SourceTreeBuild.RunAsync(
            new SourceBuildOptions(source, [.. patches])
            {
                Common = options,
                Configure = parsed.GetValue(_configure),
                Make = parsed.GetValue(_make),
                CacheFolder = cache,
            },
            cancel);
}
