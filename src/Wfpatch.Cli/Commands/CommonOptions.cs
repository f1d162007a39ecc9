// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Profiles;

namespace Wfpatch.Cli.Commands;

/// <summary>Options that several commands share, and what is made of them.</summary>
internal static class CommonOptions
{
    public static Option<bool> Json() => new("--json") { Description = "print one JSON document on stdout" };

    public static Option<int> Pid(bool required = true) => new("--pid") { Description = "the process to work on", Required = required, CustomParser = ParsePid, HelpName = "P" };

    public static Argument<string> PatchFile() => new("patch") { Description = "the patch file (NAME.wfp)" };

    public static Option<Policy> PolicyOption() => new("--policy")
    {
        Description = "when a thread migrates: at quiescence points of a profile or of the program itself, or when no changed function is on its stack",
        DefaultValueFactory = _ => Policy.Auto,
        CustomParser = ParsePolicy,
        HelpName = "auto|points|stack|explicit",
    };

    public static Option<BackendKind?> BackendOption() => new("--backend")
    {
        Description = "how the new code comes into force: redirects (dispatch), or views of the address space where the kernel has them (aspace, in work); auto: by which the process was patched before, else dispatch",
        CustomParser = ParseBackend,
        HelpName = "auto|dispatch|aspace",
    };

    public static Option<string?> ProfileOption() => new("--profile")
    {
        Description = "a shipped profile's name or a TOML file; without it the one for the program's name is taken",
        HelpName = "NAME|FILE",
    };

    public static Option<TimeSpan> Timeout() => new("--timeout")
    {
        Description = "how long to wait for the last thread (500ms, 30s, 5m)",
        DefaultValueFactory = _ => TimeSpan.FromSeconds(30),
        CustomParser = ParseTime,
        HelpName = "30s",
    };

    /// <param name="without">What holds where it is not given.</param>
    public static Option<Consistency?> ConsistencyOption(string without) => new("--consistency")
    {
        Description = $"local: thread by thread; global: all in one instant, so that two versions never run side by side; without it {without}",
        CustomParser = ParseConsistency,
        HelpName = "local|global",
    };

    public static Option<bool> Replace() => new("--replace")
    {
        Description = "the patch takes the place of all that are in force: afterwards it is alone, and what it does not change is as it was loaded",
    };

    public static Option<TimeSpan> MaxWait() => new("--max-wait")
    {
        Description = "how long a thread waits at most for the others where all go over at once (50ms; at most 10s)",
        DefaultValueFactory = _ => TimeSpan.FromMilliseconds(50),
        CustomParser = ParseMaxWait,
        HelpName = "50ms",
    };

    public static Option<CanaryChoice?> Canary() => new("--canary")
    {
        Description = "let only so many threads migrate, or those with these ids (4712,4713; one alone as 4712,); then advance or revert",
        CustomParser = ParseCanary,
        HelpName = "K|TID,...",
    };

    /// <summary>Reads a patch file; a failure has been printed already.</summary>
    public static (Patch? Patch, int Code) ReadPatch(string path, Output output)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, output.Fail(ExitCode.Usage, $"{path} cannot be read: {e.Message}", []));
        }
        var (patch, refusal) = PatchReader.Decode(bytes, Path.GetFileName(path));
        return patch is null ? (null, output.Fail(ExitCode.Refused, refusal!.Sentence, [refusal])) : (patch, ExitCode.Done);
    }

    /// <summary>The profile that the user names, or the shipped one for the program.</summary>
    public static (Profile? Profile, Refusal? Refusal) FindProfile(string? name, int process) => name is null
        ? (ShippedProfiles.ForExecutable(new ProcFs(process).ReadExecutableName()), null)
        : ShippedProfiles.Find(name);

    public static int ParsePid(ArgumentResult result)
    {
        string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) || pid == 0)
        {
            result.AddError($"'{text}' is no process id; write a number like 4711.");
        }
        return pid;
    }

    private static Policy ParsePolicy(ArgumentResult result)
    {
        string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        foreach (var policy in Enum.GetValues<Policy>())
        {
            if (string.Equals(text, policy.ToString(), StringComparison.OrdinalIgnoreCase))
            {
                return policy;
            }
        }
        result.AddError($"'{text}' is no policy; write auto, points, stack or explicit.");
        return default;
    }

    private static BackendKind? ParseBackend(ArgumentResult result)
    {
        string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        foreach (var kind in Enum.GetValues<BackendKind>())
        {
            if (string.Equals(text, kind.NameOf(), StringComparison.OrdinalIgnoreCase))
            {
                return kind;
            }
        }
        if (!string.Equals(text, "auto", StringComparison.OrdinalIgnoreCase))
        {
            result.AddError($"'{text}' is no backend; write auto, dispatch or aspace.");
        }
        return null;
    }

    private static CanaryChoice? ParseCanary(ArgumentResult result)
    {
        string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        var numbers = text.Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(n => int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0)
            .ToList();
        if (numbers.Count == 0 || numbers.Contains(0))
        {
            result.AddError($"'{text}' is neither a number of threads nor thread ids with commas between them.");
            return null;
        }
        return text.Contains(',', StringComparison.Ordinal) ? CanaryChoice.Of(numbers) : CanaryChoice.Any(numbers[0]);
    }

    private static Consistency? ParseConsistency(ArgumentResult result)
    {
        string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        foreach (var consistency in Enum.GetValues<Consistency>())
        {
            if (string.Equals(text, consistency.ToString(), StringComparison.OrdinalIgnoreCase))
            {
                return consistency;
            }
        }
        result.AddError($"'{text}' is no consistency; write local or global.");
        return null;
    }

    private static TimeSpan ParseMaxWait(ArgumentResult result)
    {
        var time = ParseTime(result);
        if (time > TimeSpan.FromSeconds(10) || time == TimeSpan.Zero)
        {
            result.AddError("--max-wait is longer than nothing and at most 10s: threads of the program stand still meanwhile.");
        }
        return time;
    }

    private static TimeSpan ParseTime(ArgumentResult result)
    {
        string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        var (digits, unit) = text switch
        {
            [.. var d, 'm', 's'] => (d, TimeSpan.FromMilliseconds(1)),
            [.. var d, 's'] => (d, TimeSpan.FromSeconds(1)),
            [.. var d, 'm'] => (d, TimeSpan.FromMinutes(1)),
            _ => (text, TimeSpan.FromSeconds(1)),
        };
        if (double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count) && count <= TimeSpan.FromDays(1) / unit)
        {
            return count * unit;
        }
        result.AddError($"'{text}' is no time; write 500ms, 30s or 5m.");
        return default;
    }
}
