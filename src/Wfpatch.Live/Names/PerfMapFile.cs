// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Names;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Names;

/// <summary>
/// /tmp/perf-PID.map where perf looks for it: in the target's mount namespace, under the process id that the target itself has. /tmp
/// belongs to everybody: the file is made under a name of its own, which must not exist, and gets its name by rename, which follows
/// no link. A map of someone else, such as a run-time compiler's, stays as it is.
/// </summary>
internal static class PerfMapFile
{
    private const long LongestMap = 64L << 20;

    /// <summary>The path as the target sees it, or why there is none.</summary>
    public static (string Path, Refusal? Refusal) Write(Target target, string map, Func<Address, bool> isOurs)
    {
        string inner = target.Proc.ReadStatus("NSpid")?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).LastOrDefault()
            ?? target.Process.ToString(CultureInfo.InvariantCulture);
        string name = $"perf-{inner}.map";
        string seen = $"/tmp/{name}";
        string folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{target.Process}/root/tmp");
        using var tmp = PlainDirectory.TryOpen(folder);
        if (tmp is null)
        {
            return ("", TargetRefusals.PerfMapNotWritten.About(seen, $"{folder} is no directory that can be opened."));
        }
        try
        {
            if (!MayReplace(tmp.PathOf(name), isOurs))
            {
                return ("", TargetRefusals.PerfMapNotWritten.About(seen, $"{seen} exists in process {target.Process}'s mount namespace and is not by wfpatch alone."));
            }
            string draft = tmp.PathOf($".{name}.{Guid.NewGuid():N}");
            using (var file = new FileStream(draft, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(System.Text.Encoding.UTF8.GetBytes(map));
            }
            File.Move(draft, tmp.PathOf(name), overwrite: true);
            return (seen, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ("", TargetRefusals.PerfMapNotWritten.About(seen, $"{seen} could not be written: {e.Message}"));
        }
    }

    private static bool MayReplace(string path, Func<Address, bool> isOurs)
    {
        var present = new FileInfo(path);
        if (present.LinkTarget is not null)
        {
            return false;
        }
        return !present.Exists || present.Length <= LongestMap && (present.Length == 0 || PerfMap.IsOurs(File.ReadAllText(path), isOurs));
    }
}
