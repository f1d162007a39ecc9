// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.CommandLine;
using Wfpatch.Build;
using Wfpatch.Core.Patches;

namespace Wfpatch.Cli.Commands;

/// <summary>The options of <c>build</c> that are about other patches of the same program (docs/decisions/0046).</summary>
internal sealed class BuildOrderOptions
{
    private readonly Option<bool> _replace = new("--replace") { Description = "the patch takes the place of all earlier ones; it is built against the program as it is installed" };
    private readonly Option<string[]> _requires = new("--requires") { Description = "a patch that must be in force below this one; several in their order", DefaultValueFactory = _ => [], HelpName = "FILE|ID" };
    private readonly Option<string[]> _earlier = new("--earlier") { Description = "with --deb or --source, and --requires: a fix that the process has by an earlier patch; it goes into both builds", DefaultValueFactory = _ => [], HelpName = "FILE" };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _replace, _requires, _earlier })
        {
            command.Add(option);
        }
    }

    /// <summary>The source patches that go into both builds.</summary>
    public ImmutableArray<string> Earlier(ParseResult parsed) => [.. parsed.GetValue(_earlier)!];

    /// <summary>What is wrong with what was asked for, or null.</summary>
    /// <param name="buildsTwice">Whether a source is built without and with the fix.</param>
    public string? Conflict(ParseResult parsed, bool buildsTwice, bool hasSeries)
    {
        bool requires = parsed.GetValue(_requires)!.Length > 0, earlier = parsed.GetValue(_earlier)!.Length > 0;
        return parsed.GetValue(_replace) && (requires || earlier) ? "a patch that takes the place of all needs none of them: choose --replace, or --requires"
            : earlier && !requires ? "--earlier goes with --requires: name the patches that brought those fixes"
            : earlier && (!buildsTwice || hasSeries) ? "--earlier goes with --deb or --source, and not with --series"
            : null;
    }

    /// <summary>The options with these; or null, and a failure that has been printed, with its code.</summary>
    public (BuildOptions? Options, int Code) Choose(ParseResult parsed, BuildOptions options, Output output)
    {
        var required = ImmutableArray.CreateBuilder<RequiredPatch>();
        foreach (string named in parsed.GetValue(_requires)!)
        {
            if (RequiredPatch.IsId(named) && !File.Exists(named))
            {
                required.Add(new RequiredPatch(named, ""));
                continue;
            }
            var (patch, code) = CommonOptions.ReadPatch(named, output);
            if (patch is null)
            {
                return (null, code);
            }
            required.Add(new RequiredPatch(patch.Id, patch.Name));
        }
        return required.DistinctBy(r => r.Id).Count() < required.Count
            ? (null, output.Fail(ExitCode.Usage, "--requires names a patch twice; see wfpatch build --help.", []))
            : (options with { Replaces = parsed.GetValue(_replace), Requires = required.ToImmutable() }, ExitCode.Done);
    }
}
