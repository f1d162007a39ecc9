// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Live.Linux;

/// <summary>What waitpid(2) tells of a traced thread.</summary>
public readonly record struct WaitStatus(int Raw)
{
    private const int EventStop = 128;
    private const int SigTrap = 5;

    public bool HasEnded => !IsStopped;

    public bool IsStopped => (Raw & 0xff) == 0x7f;

    /// <summary>The stop that PTRACE_INTERRUPT asks for, or a group stop (PTRACE_EVENT_STOP).</summary>
    public bool IsEventStop => IsStopped && Raw >> 16 == EventStop;

    /// <summary>The signal on whose way to the thread it stopped, to be passed on; 0 for other stops.</summary>
    public int SignalToPassOn => IsStopped && Raw >> 16 == 0 && StopSignal != SigTrap ? StopSignal : 0;

    private int StopSignal => (Raw >> 8) & 0xff;
}
