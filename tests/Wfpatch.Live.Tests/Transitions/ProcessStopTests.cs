// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Generations;
using Wfpatch.Core.Redirects.Trampolines;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Targets;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Faults;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Transitions;

/// <summary>What is written while all threads stand still is written while all of them do.</summary>
public sealed class ProcessStopTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Each time when the threads were listed one of them ends and another one begins: there are as many as were listed, and one of them runs.</summary>
    [Fact]
    public async Task Nothing_is_written_while_a_thread_runs_that_came_in_the_place_of_one_that_ended()
    {
        await using var program = await TestTarget.StartAsync("swap", cancel: Cancel);
        var linux = new SwappingLinux(new NativeLinux(), program.Id);
        using var target = Target.Open(linux, program.Id);
        target.OpenForWriting();
        var at = target.Objects[0].UnwindTable!.Functions[0].Start;
        var same = new CodeWrite(at, MemoryReading.Read(target.Memory, at, 1)!);
        var unwinder = target.CreateUnwinder(TargetState.Empty);
        linux.Code = at;
        linux.Swap = () => Assert.Equal("swapped", program.AskAsync("swap", Cancel).GetAwaiter().GetResult());

        string? why = TracerThread.Run(() => new ProcessStop(target, unwinder, new StopLog()).Write([same]));

        Assert.Empty(linux.RanWhileWritten);
        Assert.NotNull(why);
        linux.Swap = null;
        Assert.Null(TracerThread.Run(() => new ProcessStop(target, unwinder, new StopLog()).Write([same])));
        Assert.Empty(linux.RanWhileWritten);
        Assert.Equal("swapped", await program.AskAsync("swap", Cancel));
    }

    /// <summary>Threads that io_uring has in the process are counted by the kernel, and are not stopped.</summary>
    [Fact]
    public async Task Threads_of_the_kernel_are_in_nobodys_way()
    {
        await using var program = await TestTarget.StartAsync("workers", cancel: Cancel);
        Assert.SkipUnless(program.Greeting is ["rings 2"], "this kernel gives the program no io_uring");
        using var target = Target.Open(new NativeLinux(), program.Id);
        target.OpenForWriting();
        // The one that reads is made when the read begins, and gets its name a moment later.
        await Until.TrueAsync(() => target.Proc.ReadThreadsOfKernel().Length == 2);
        var at = target.Objects[0].UnwindTable!.Functions[0].Start;
        var same = new CodeWrite(at, MemoryReading.Read(target.Memory, at, 1)!);
        var unwinder = target.CreateUnwinder(TargetState.Empty);
        // The kernel makes another one when it likes, which has no name yet and is waited for.
        await Until.TrueAsync(() => TracerThread.Run(() => new ProcessStop(target, unwinder, new StopLog()).Write([same])) is null);
        Assert.Equal("read 8", await program.AskAsync("write", Cancel));
    }

    /// <summary>The real kernel; something happens in the target when all threads were listed, and none was stopped.</summary>
    private sealed class SwappingLinux(ILinux real, int process) : ForwardedLinux(real)
    {
        private readonly HashSet<int> _held = [];

        /// <summary>Where code is written.</summary>
        public Address Code { get; set; }

        /// <summary>What happens.</summary>
        public Action? Swap { get; set; }

        /// <summary>Threads that were not held when code was written.</summary>
        public HashSet<int> RanWhileWritten { get; } = [];

        public override int GetRobustList(int thread, out Address head)
        {
            if (thread != process)
            {
                Swap?.Invoke();
            }
            return base.GetRobustList(thread, out head);
        }

        public override int Seize(int thread)
        {
            int error = base.Seize(thread);
            _ = error == Errno.Success && _held.Add(thread);
            return error;
        }

        public override int Detach(int thread, int signal)
        {
            _ = _held.Remove(thread);
            return base.Detach(thread, signal);
        }

        public override int Write(int memory, Address address, ReadOnlySpan<byte> bytes)
        {
            if (address == Code)
            {
                RanWhileWritten.UnionWith(new ProcFs(process).ReadThreads().Where(t => !_held.Contains(t)));
            }
            return base.Write(memory, address, bytes);
        }
    }
}
