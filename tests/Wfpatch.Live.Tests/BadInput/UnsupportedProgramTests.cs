// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Processes;
using Xunit;

namespace Wfpatch.Live.Tests.BadInput;

/// <summary>Programs that wfpatch does not know how to patch: they are told apart before anything is touched.</summary>
public sealed class UnsupportedProgramTests
{
    /// <summary>Waits for the end of its input, with any C library.</summary>
    private const string Waits = "#include <unistd.h>\nint main(void) { char c; return read(0, &c, 1) < 0; }\n";

    /// <summary>The same without one.</summary>
    private const string WaitsAlone64 = """
        __attribute__((force_align_arg_pointer)) void _start(void)
        {
            char c;
            long got;
            __asm__ volatile("syscall" : "=a"(got) : "0"(0L), "D"(0L), "S"(&c), "d"(1L) : "rcx", "r11", "memory");
            __asm__ volatile("syscall" : "=a"(got) : "0"(60L), "D"(0L) : "rcx", "r11");
        }
        """;

    private const string WaitsAlone32 = """
        void _start(void)
        {
            char c;
            int got;
            __asm__ volatile("int $0x80" : "=a"(got) : "0"(3), "b"(0), "c"(&c), "d"(1) : "memory");
            __asm__ volatile("int $0x80" : "=a"(got) : "0"(1), "b"(0));
        }
        """;

    /// <summary>x32 numbers have bit 30 set (asm/unistd.h).</summary>
    private const string WaitsAloneX32 = """
        __attribute__((force_align_arg_pointer)) void _start(void)
        {
            char c;
            unsigned long got;
            __asm__ volatile("syscall" : "=a"(got) : "0"(0x40000000ul), "D"(0ul), "S"(&c), "d"(1ul) : "rcx", "r11", "memory");
            __asm__ volatile("syscall" : "=a"(got) : "0"(0x4000003cul), "D"(0ul) : "rcx", "r11");
        }
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Statically_linked() => await ExpectRefusedAsync(await CompileAsync(Waits, "-static"), "WF601");

    [Fact]
    public async Task Without_a_C_library() => await ExpectRefusedAsync(await CompileAsync(WaitsAlone64, "-static", "-nostdlib", "-nostartfiles"), "WF601");

    [Fact]
    public async Task Of_32_bits()
    {
        string program = await CompileAsync(WaitsAlone32, "-m32", "-static", "-nostdlib", "-nostartfiles", "-fno-pic", "-no-pie", "-fno-stack-protector");
        bool runs = false;
        try
        {
            runs = (await ChildProcess.RunAsync(CommandLine.Of(program), Cancel)).Status.IsSuccess;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // the kernel has no 32-bit system calls
        }
        Assert.SkipUnless(runs, "this kernel does not run 32-bit programs");
        await ExpectRefusedAsync(program, "WF607");
    }

    /// <summary>For this processor, with addresses of 32 bits.</summary>
    [Fact]
    public async Task Of_x32()
    {
        string program = await CompileAsync(WaitsAloneX32, "-mx32", "-static", "-nostdlib", "-nostartfiles", "-fno-pic", "-no-pie", "-fno-stack-protector");
        bool runs = false;
        try
        {
            runs = (await ChildProcess.RunAsync(CommandLine.Of(program), Cancel)).Status.IsSuccess;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // the kernel has no system calls for it
        }
        Assert.SkipUnless(runs, "this kernel does not run x32 programs");
        await ExpectRefusedAsync(program, "WF607");
    }

    private static async Task ExpectRefusedAsync(string program, string code)
    {
        var patch = await TestPatches.GetAsync("sample");
        await using var target = ChildProcess.Start(CommandLine.Of(program));
        string pid = target.Id.ToString(CultureInfo.InvariantCulture);
        await Until.TrueAsync(() => File.ReadAllText($"/proc/{pid}/syscall") is ['0' or '3', ' ', ..]); // in read
        var before = MemoryImage.Take(target.Id);
        foreach (string command in (ImmutableArray<string>)["check", "apply"])
        {
            var report = await WfpatchCommand.RunAsync(command, patch.File, "--pid", pid);
            Assert.Equal("refused", report.Result);
            Assert.Contains(code, report.Codes);
            Assert.Contains(pid, report.Command.Errors, StringComparison.Ordinal);
            before.ExpectUnchanged(target.Id);
        }
        (await WfpatchCommand.RunAsync("revert", "--pid", pid)).ExpectFailure("refused", "WF702", pid);
        Assert.Equal("done", (await WfpatchCommand.RunAsync("status", "--pid", pid)).Result);
        before.ExpectUnchanged(target.Id);
        target.CloseInput();
        Assert.True((await target.WaitForExitAsync(Cancel)).IsSuccess);
    }

    private static async Task<string> CompileAsync(string source, params ImmutableArray<string> flags)
    {
        string program = ScratchFolder.NewFile("program");
        await File.WriteAllTextAsync(program + ".c", source, Cancel);
        (await ChildProcess.RunAsync(new("gcc", ["-O1", .. flags, "-o", program, program + ".c"]), Cancel)).OrThrow();
        return program;
    }
}
