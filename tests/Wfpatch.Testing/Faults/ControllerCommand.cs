// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Patches;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Profiles;

namespace Wfpatch.Testing.Faults;

/// <summary>A command as tests of crashes give it, in words, so that it can be run here or by another process:
/// (apply PATCH | canary[:TID] PATCH | replace PATCH | advance | revert[:NAME]) PID PROFILE POLICY [SECONDS] [CONSISTENCY].
/// `canary` tries the patch on two threads, or on the one that is named; `replace` lets it replace all others; `revert` takes the last patch back, or the one that is
/// named. SECONDS: how long it waits for threads, 20 by default. POLICY+aspace: by that backend. PROFILE: a file, or the name of one that is shipped.</summary>
public static class ControllerCommand
{
    /// <summary>How many of the words are there always: up to POLICY.</summary>
    public static int CountOfFirst(string verb) => HasPatch(verb.Split(':')[0]) ? 5 : 4;

    public static TransitionReport Run(ILinux linux, params ReadOnlySpan<string> arguments)
    {
        string[] verb = arguments[0].Split(':');
        string? file = HasPatch(verb[0]) ? arguments[1] : null;
        var rest = arguments[(file is null ? 1 : 2)..];
        int process = int.Parse(rest[0], CultureInfo.InvariantCulture);
        var profile = ShippedProfiles.Find(rest[1]).Profile ?? throw new ArgumentException($"no profile {rest[1]}");
        string[] way = rest[2].Split('+');
        bool isTimed = double.TryParse(rest.Length > 3 ? rest[3] : "", CultureInfo.InvariantCulture, out double seconds);
        bool isConsistent = rest.Length > (isTimed ? 4 : 3);
        var options = new TransitionOptions(Enum.Parse<Policy>(way[0]), profile, TimeSpan.FromSeconds(isTimed ? seconds : 20))
        {
            Canary = verb[0] != "canary" ? null : verb is [_, var thread] ? CanaryChoice.Of(int.Parse(thread, CultureInfo.InvariantCulture)) : CanaryChoice.Any(2),
            Backend = way.Length > 1 ? BackendKind.AddressSpace : null,
            Replaces = verb[0] == "replace",
            Consistency = isConsistent ? Enum.Parse<Consistency>(rest[^1]) : null,
            // A thread of the test target is always outside sooner or later; how soon is the machine's affair.
            MaxWait = TimeSpan.FromSeconds(2),
        };
        var commands = new Commands(linux);
        return file is not null
            ? commands.Apply(process, PatchReader.Decode(File.ReadAllBytes(file), file).Patch ?? throw new ArgumentException($"no patch {file}"), options)
            : verb[0] == "advance" ? commands.Advance(process, options) : commands.Revert(process, verb is [_, var name] ? name : null, options);
    }

    private static bool HasPatch(string verb) => verb is "apply" or "canary" or "replace";
}
