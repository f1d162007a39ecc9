// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Compilers;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.BadInput;

/// <summary>The process does not run what the patch was built for.</summary>
public sealed class OtherProgramTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Its_build_id_is_another_one()
    {
        var otherBuild = CompileOptions.Debian with { Flags = CompileOptions.Debian.Flags.Replace("-O2", "-O1") };
        var wrong = await TestPatches.BuildForAsync("sample", await TargetSource.Sample.ProgramAsync(otherBuild, Cancel), "for-another-build");
        await using var sample = await IdleSample.StartAsync();
        await sample.ExpectRefusedAsync(wrong.File, "refused", "WF612", "sample", wrong.Patch.Objects[0].BuildId!);

        var right = await TestPatches.BuildForAsync("sample", await TargetSource.Sample.ProgramAsync(cancel: Cancel), "for-this-build");
        Assert.Equal("done", (await WfpatchCommand.RunAsync("apply", right.File, "--pid", sample.Pid)).Result);
        await sample.ExpectRepliesOfAsync(2);
    }

    [Fact]
    public async Task It_is_another_program()
    {
        var patch = await TestPatches.GetAsync("single");
        await using var sample = await IdleSample.StartAsync();
        var report = await WfpatchCommand.RunAsync("apply", patch.File, "--pid", sample.Pid);
        Assert.Equal("refused", report.Result);
        Assert.Contains("WF301", report.Codes);
        sample.ExpectUntouched();
    }

    /// <summary>The build-id is right, but somebody has changed a byte in the middle of a function: another patcher, a debugger's
    /// breakpoint. (step_lookup+12 is in the field of a call, whose value is not compared but followed.)</summary>
    [Theory]
    [InlineData("step_lookup", 0)]
    [InlineData("step_lookup", 12)]
    [InlineData("step_score", 9)]
    public async Task Its_bytes_in_memory_differ(string function, int offset)
    {
        var patch = await TestPatches.BuildForAsync("sample", await TargetSource.Sample.ProgramAsync(cancel: Cancel), "for-this-build");
        await using var sample = await IdleSample.StartAsync();
        var at = (await InProcess.CheckAsync(sample.Id, patch)).Functions.Single(f => f.Name == function).Address + offset;
        byte original = Exchange(sample.Id, at, 0xcc);

        sample.Remember();
        await sample.ExpectRefusedAsync(patch.File, "refused", "WF301", function);

        Exchange(sample.Id, at, original);
        Assert.Equal("done", (await WfpatchCommand.RunAsync("apply", patch.File, "--pid", sample.Pid)).Result);
        await sample.ExpectRepliesOfAsync(2);
    }

    private static byte Exchange(int process, Address at, byte value)
    {
        NativeLinux linux = new();
        byte[] before = new byte[1];
        Assert.Equal(0, linux.Read(process, at, before));
        var (memory, error) = linux.OpenMemory(process);
        Assert.Equal(0, error);
        Assert.Equal(0, linux.Write(memory, at, [value]));
        linux.CloseMemory(memory);
        return before[0];
    }
}
