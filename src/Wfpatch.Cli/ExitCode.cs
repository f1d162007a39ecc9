// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Controllers;

namespace Wfpatch.Cli;

/// <summary>Exit codes, and the same as the words of <c>result</c> in JSON (docs/codes.md).</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Refused = 1;
    public const int Usage = 2;
    public const int Pending = 3;
    public const int Gone = 4;
    public const int Denied = 5;
    public const int Canary = 6;
    public const int Unchanged = 7;

    public static int Of(Outcome outcome) => outcome switch
    {
        Outcome.Done => Done,
        Outcome.Refused => Refused,
        Outcome.Pending => Pending,
        Outcome.Gone => Gone,
        Outcome.Denied => Denied,
        Outcome.Canary => Canary,
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };

    public static string Name(int code) => code switch
    {
        Done => "done",
        Refused => "refused",
        Usage => "usage",
        Pending => "pending",
        Gone => "gone",
        Denied => "denied",
        Canary => "canary",
        Unchanged => "unchanged",
        _ => throw new ArgumentOutOfRangeException(nameof(code)),
    };
}
