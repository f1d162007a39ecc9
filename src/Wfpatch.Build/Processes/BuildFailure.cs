// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Refusals;

namespace Wfpatch.Build.Processes;

/// <summary>Turns the end of a build's tool into a refusal with the tool's own words.</summary>
internal static class BuildFailure
{
    private const string NoSpaceWords = "No space left on device";
    private const int NoSpaceError = 28; // ENOSPC, errno(3)

    /// <param name="subject">The package or folder that is built.</param>
    /// <param name="what">What could not be done: "memcached 1.6.18-1 could not be compiled".</param>
    /// <param name="package">The Debian package that has the tool, where it is missing.</param>
    /// <returns>Null where the tool ended well.</returns>
    public static Refusal? Of(ToolResult result, string subject, string what, string log, string package)
    {
        if (result.Missing is { } tool)
        {
            return BuildRefusals.ToolMissing.About(tool, $"The program {tool} is not installed; install the package {package}.");
        }
        if (result.IsOk)
        {
            return null;
        }
        string[] words = LogExcerpt.Read(log, result.LogStart);
        if (words.FirstOrDefault(w => w.Contains(NoSpaceWords, StringComparison.Ordinal)) is { } full)
        {
            return BuildRefusals.NoSpace.About(subject, $"{what}, for lack of space: {full}");
        }
        return BuildRefusals.BuildFailed.About(subject, $"{what} (exit code {result.ExitCode}); all of it is in {log}{string.Concat(words.Select(w => "\n  " + w))}");
    }

    /// <summary>A file that could not be read or written by us.</summary>
    public static Refusal Of(Exception failure, string subject) => (failure.HResult & 0xffff) == NoSpaceError || failure.Message.Contains(NoSpaceWords, StringComparison.Ordinal)
        ? BuildRefusals.NoSpace.About(subject, $"The build for {subject} has no space left: {failure.Message}")
        : BuildRefusals.CannotRead.About(subject, $"The build for {subject} cannot read or write a file: {failure.Message}");
}
