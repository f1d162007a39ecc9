// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Targets;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Faults;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.BadInput;

/// <summary>Nothing can be written into code, or there is no place in it for the first bytes. The kernels that these tests run on let the memory file
/// write, and every program has such a place: so the kernel's answer is given by a test, and the place is asked to be larger.</summary>
public sealed class ForbiddenWritesTests
{
    [Fact]
    public async Task The_kernel_does_not_let_the_memory_file_write_into_code()
    {
        var patch = await TestPatches.GetAsync("resources");
        await using TestTarget target = await PatchableTarget.StartAsync("resources", patch);
        var before = MemoryImage.Take(target.Id);
        var linux = new ReadOnlyCode(new NativeLinux());
        var report = new Commands(linux).Apply(target.Id, patch.Patch, new TransitionOptions(Policy.Auto, null, InProcess.Ample));
        Assert.Equal((Outcome.Refused, "WF613", 1), (report.Outcome, Assert.Single(report.Refusals).Code, linux.Refused));
        Assert.Equal(0, linux.Stopped);
        before.ExpectUnchanged(target.Id);
        Assert.Equal("answer 1", await target.AskAsync("answer", TestContext.Current.CancellationToken));
        await InProcess.ApplyAsync(target.Id, patch).ExpectAsync(Outcome.Done);
        Assert.Equal("answer 2", await target.AskAsync("answer", TestContext.Current.CancellationToken));
    }

    /// <summary>WF609 follows from the second answer.</summary>
    [Fact]
    public async Task The_place_behind_the_code_is_in_one_page_and_holds_nothing()
    {
        await using TestTarget process = await TestTarget.StartAsync("resources", cancel: TestContext.Current.CancellationToken);
        TracerThread.Run(() =>
        {
            using var target = Target.Open(new NativeLinux(), process.Id);
            var gap = CodeGaps.Find(target, 64)!.Value;
            Assert.InRange(gap.Length, 64UL, Address.PageSize);
            Assert.Contains(target.Mappings, m => m.IsExecutable && !m.IsWritable && m.IsFile && m.Range.Contains(gap));
            Assert.Equal(-1, target.Memory.Read(gap.Start, (int)gap.Length).AsSpan().IndexOfAnyExcept((byte)0));
            Assert.Null(CodeGaps.Find(target, (int)Address.PageSize + 1));
            return 0;
        });
    }

    /// <summary>As with proc_mem.force_override=never: EIO for what is not writable. All that this command writes before it has memory of its own is code.</summary>
    private sealed class ReadOnlyCode(ILinux real) : ForwardedLinux(real)
    {
        public int Refused { get; private set; }

        public int Stopped { get; private set; }

        public override int Write(int memory, Address address, ReadOnlySpan<byte> bytes)
        {
            Refused++;
            return Errno.InputOutput;
        }

        public override int Interrupt(int thread)
        {
            Stopped++;
            return base.Interrupt(thread);
        }
    }
}
