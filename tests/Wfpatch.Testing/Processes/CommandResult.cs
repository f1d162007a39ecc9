// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Testing.Processes;

/// <summary>A child that has ended, with all that it wrote.</summary>
/// <param name="Elapsed">From just before its start until it was reaped.</param>
public sealed record CommandResult(CommandLine Command, ExitStatus Status, string Output, string Errors, TimeSpan Elapsed)
{
    /// <summary>The result itself; an exception with all it wrote where it failed.</summary>
    public CommandResult OrThrow() => Status.IsSuccess
        ? this
        : throw new InvalidOperationException($"{Command}: {Status}\n{Errors}{Output}");
}
