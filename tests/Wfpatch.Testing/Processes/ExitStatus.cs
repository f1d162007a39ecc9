// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Testing.Processes;

/// <summary>How a child ended, from waitid(2).</summary>
/// <param name="Code">Its exit code; -1 where a signal ended it.</param>
/// <param name="Signal">The signal that ended it; 0 where it exited.</param>
public readonly record struct ExitStatus(int Code, int Signal)
{
    public bool IsSuccess => Code == 0 && Signal == 0;

    public override string ToString() => Signal == 0 ? $"exit code {Code}" : $"signal {Signal}";
}
