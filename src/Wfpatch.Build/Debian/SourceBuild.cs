// SPDX-License-Identifier: Apache-2.0
using System.Text.RegularExpressions;
using Wfpatch.Build.Processes;

namespace Wfpatch.Build.Debian;

/// <summary>Compiles an unpacked Debian source with the package's own flags, plus one section for each function and variable.</summary>
internal static partial class SourceBuild
{
    /// <summary>A section for each function and variable, and beside each object file (.d) what its compiler read.</summary>
    public const string ExtraFlags = "-ffunction-sections -fdata-sections -MD";

    // Nothing of a build needs root. A package that does not say so (Rules-Requires-Root) would want fakeroot, which is none of its build
    // dependencies; env stands in for it. (dpkg-buildpackage(1), --root-command.)
    private static readonly string[] Call = ["dpkg-buildpackage", "--no-sign", "--no-check-builddeps", "--build=binary", "--root-command=env"];

    /// <summary>The whole build up to the point where files would be installed: nothing is stripped, nothing is packed.</summary>
    public static Task<ToolResult> AllAsync(BuildPlace place, string tree, string log, CancellationToken cancel) =>
        place.RunAsync(Path.GetDirectoryName(tree)!, tree, log, Environment, [.. Call, "--target=build"], cancel);

    /// <summary>Compiles again what changed, without configuring again.</summary>
    public static async Task<ToolResult> AgainAsync(BuildPlace place, string tree, string log, CancellationToken cancel)
    {
        string rules = File.ReadAllText(Path.Combine(tree, "debian/rules"));
        if (Command(rules) is not { } step)
        {
            DeleteStamps(tree);
            return await AllAsync(place, tree, log, cancel);
        }
        return await StepAsync(place, tree, step, log, cancel);
    }

    /// <summary>One command, read together with debian/rules, so that what that file exports holds here too.</summary>
    public static async Task<ToolResult> StepAsync(BuildPlace place, string tree, string step, string log, CancellationToken cancel)
    {
        string work = Path.GetDirectoryName(tree)!;
        string extra = Path.Combine(work, "again.mk");
        File.WriteAllText(extra, $"wfpatch-build-again:\n\t{step}\n");
        string[] command =
        [
            .. Call,
            $"--rules-file=make -f debian/rules -f {place.Inside(work, extra)}", "--target=wfpatch-build-again",
        ];
        return await place.RunAsync(work, tree, log, Environment, command, cancel);
    }

    /// <summary>The step of debian/rules that compiles; null where it is not debhelper's short form.</summary>
    internal static string? Command(string rules)
    {
        var sequencer = Sequencer().Match(rules);
        string options = string.Join(' ', BuildOption().Matches(sequencer.Groups[1].Value).Select(m => m.Value.Trim()));
        if (OwnStep().IsMatch(rules))
        {
            // What dh would tell the step's commands (debhelper(7), DH_OPTIONS).
            return $"{(options.Length > 0 ? $"DH_OPTIONS=\"{options}\" " : "")}$(MAKE) -f debian/rules override_dh_auto_build";
        }
        return sequencer.Success ? $"dh_auto_build {options}".TrimEnd() : null;
    }

    private static IReadOnlyDictionary<string, string> Environment { get; } =
        new[] { "CFLAGS", "CXXFLAGS", "OBJCFLAGS" }.ToDictionary(l => $"DEB_{l}_APPEND", _ => ExtraFlags)
            .Append(new("DEB_BUILD_OPTIONS", $"nocheck nodoc parallel={System.Environment.ProcessorCount}")).ToDictionary();

    private static void DeleteStamps(string tree)
    {
        string[] names = ["build-stamp", "debian/build-stamp", "debian/stamp-build", "debian/debhelper-build-stamp", "debian/stamp-makefile-build"];
        foreach (string name in names)
        {
            File.Delete(Path.Combine(tree, name));
        }
    }

    [GeneratedRegex(@"^override_dh_auto_build(-arch)?\s*:", RegexOptions.Multiline)]
    private static partial Regex OwnStep();

    // As a recipe, or as the value of a variable that is one.
    [GeneratedRegex(@"^(?:\t@?|\w+\s*:?=\s*)dh +\$@(.*)$", RegexOptions.Multiline)]
    private static partial Regex Sequencer();

    [GeneratedRegex(@"(?:^|\s)(?:--(?:builddirectory|sourcedirectory|buildsystem)=\S+|-[BDS]\s*\S+)")]
    private static partial Regex BuildOption();
}
