// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Faults;
using Xunit;

namespace Wfpatch.Live.Tests.Crashes;

/// <summary>A program in which commands come to grief.</summary>
internal abstract class Victim : IAsyncDisposable
{
    public abstract int Id { get; }

    public abstract Policy Policy { get; }

    public virtual string Profile => "memcached";

    /// <summary>Whether all its threads go over at once.</summary>
    protected virtual bool IsGlobal => false;

    /// <summary>It goes on, and has given no wrong answer so far.</summary>
    /// <param name="turn">Where there are several ways to go on, which one.</param>
    /// <param name="old">The version that its threads were in before the command that came to grief.</param>
    public abstract Task ExpectRunsOnAsync(int turn, int old);

    /// <summary>From here on all threads are in one version, and none has given a wrong answer.</summary>
    public abstract Task ExpectVersionAsync(int version);

    /// <summary>Does what its threads need so that a command comes to its end.</summary>
    public virtual Task HelpAsync(Task command) => command;

    public abstract ValueTask DisposeAsync();

    /// <param name="isBrief">Whether it shall not wait long for threads.</param>
    public ImmutableArray<string> CommandOf(ImmutableArray<string> words, bool isBrief = false) =>
    [
        .. words, Id.ToString(CultureInfo.InvariantCulture), Profile, Policy.ToString(),
        .. isBrief ? ["0.3"] : Array.Empty<string>(), .. IsGlobal ? [nameof(Core.Patches.Consistency.Global)] : Array.Empty<string>(),
    ];

    /// <summary>A command that nothing happens to.</summary>
    public async Task<TransitionReport> RunAsync(params ImmutableArray<string> words)
    {
        var command = Task.Run(() => ControllerCommand.Run(new NativeLinux(), CommandOf(words).AsSpan()));
        await HelpAsync(command);
        return await command;
    }

    /// <summary>kill -9, and no thread of it is left.</summary>
    public void Kill()
    {
        Process.GetProcessById(Id).Kill();
        Assert.True(SpinWait.SpinUntil(() => new ProcFs(Id).HasEnded, InProcess.Ample));
    }

    /// <summary>No thread is stopped, and all is as the state says that it may be. The threads of a controller that has just ended are let go within a moment.</summary>
    public async Task ExpectNothingLeftAsync()
    {
        var proc = new ProcFs(Id);
        await Until.TrueAsync(() => !proc.ReadThreads().Any(thread => proc.ReadThreadState(thread) is 't' or 'T'));
        await InProcess.ExpectNoDifferenceAsync(Id);
    }
}
