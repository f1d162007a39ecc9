// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Processes;
using Xunit;

namespace Wfpatch.Live.Tests.Libraries;

/// <summary>What runs on another C library, or on none, is refused by name.</summary>
public sealed class OtherLibraryTests
{
    /// <summary>Waits for the end of its input.</summary>
    private const string Waits = """
        __attribute__((section(".note.go.buildid"), aligned(4), used))
        static const struct { int owner, size, type; char name[4], id[4]; } note = {4, 4, 4, "Go", "abc"};
        __attribute__((force_align_arg_pointer)) void _start(void)
        {
            char c;
            long got;
            __asm__ volatile("syscall" : "=a"(got) : "0"(0L), "D"(0L), "S"(&c), "d"(1L) : "rcx", "r11", "memory");
            __asm__ volatile("syscall" : "=a"(got) : "0"(60L), "D"(0L) : "rcx", "r11");
        }
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Musl()
    {
        var (root, why) = await LibraryRoots.GetAsync("bookworm-musl", "bookworm", "musl");
        Assert.SkipWhen(root is null, why);
        string loader = Directory.EnumerateFiles(root!, "ld-musl-*.so.*", SearchOption.AllDirectories).First();
        await ExpectRefusedAsync("musl", "-fPIE", "-pie", "-nostdlib", "-nostartfiles", $"-Wl,--dynamic-linker={loader}");
    }

    /// <summary>Told by the name of the loader's file. No package of the distribution has these libraries: what is loaded here has the name, and a program's code.</summary>
    [Theory]
    [InlineData("ld64-uClibc.so.1", "uClibc")]
    [InlineData("linker64", "Android's bionic")]
    public async Task Another_loader(string file, string library)
    {
        string loader = ScratchFolder.NewFile(file);
        await CompileAsync(loader, Waits, "-fPIE", "-static-pie", "-nostdlib", "-nostartfiles");
        await ExpectRefusedAsync(library, "-fPIE", "-pie", "-nostdlib", "-nostartfiles", $"-Wl,--dynamic-linker={loader}");
    }

    [Fact]
    public async Task Go() => await ExpectRefusedAsync("the run-time of Go", "-static", "-nostdlib", "-nostartfiles", "-no-pie", "-fno-pie");

    [Fact]
    public async Task Static_and_position_independent() => await ExpectRefusedAsync("statically linked", "-DSTATIC", "-static-pie", "-fPIE");

    private static async Task ExpectRefusedAsync(string library, params ImmutableArray<string> flags)
    {
        string program = ScratchFolder.NewFile("program");
        const string Plain = "#include <unistd.h>\nint main(void) { char c; return read(0, &c, 1) < 0; }\n";
        await CompileAsync(program, flags.Contains("-DSTATIC") ? Plain : Waits, flags);
        var patch = await TestPatches.GetAsync("resources");
        await using var target = ChildProcess.Start(CommandLine.Of(program));
        string pid = target.Id.ToString(CultureInfo.InvariantCulture);
        await Until.TrueAsync(() => File.ReadAllText($"/proc/{pid}/syscall") is ['0', ' ', ..]); // in read
        foreach (string command in (ImmutableArray<string>)["check", "apply"])
        {
            var report = await WfpatchCommand.RunAsync(command, patch.File, "--pid", pid);
            Assert.Equal("refused", report.Result);
            Assert.Contains("WF601", report.Codes);
            Assert.Contains($"on {(library.StartsWith("static", StringComparison.Ordinal) ? "no shared C library: it is " : "")}{library}.", report.Command.Errors, StringComparison.Ordinal);
        }
        target.CloseInput();
        Assert.True((await target.WaitForExitAsync(Cancel)).IsSuccess);
    }

    private static async Task CompileAsync(string file, string source, params ImmutableArray<string> flags)
    {
        await File.WriteAllTextAsync(file + ".c", source, Cancel);
        (await ChildProcess.RunAsync(new("gcc", ["-O1", .. flags, "-o", file, file + ".c"]), Cancel)).OrThrow();
    }
}
