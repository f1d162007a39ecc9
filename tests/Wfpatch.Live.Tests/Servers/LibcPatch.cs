// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Build;
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Elf;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Processes;
using Xunit;

namespace Wfpatch.Live.Tests.Servers;

/// <summary>
/// A small patch that every program takes which runs on this machine's C library: ffsll, byte by byte as it is there, and a new one that
/// gives the same. What is tried with it is not what a patch does but how threads come by a profile's points.
/// </summary>
public static class LibcPatch
{
    public const string Library = "/lib/x86_64-linux-gnu/libc.so.6";

    private const string Function = "ffsll";

    private static readonly Lazy<Task<TestPatch>> Built = new(BuildAsync);

    public static Task<TestPatch> GetAsync() => Built.Value;

    private static async Task<TestPatch> BuildAsync()
    {
        var (image, memory, _) = ElfImage.ReadFile(await File.ReadAllBytesAsync(Library), Path.GetFileName(Library));
        var symbol = image!.FindDynamicSymbols(Function).First();
        byte[] code = memory!.Read(image.ToMemory(symbol.Value), (int)symbol.Size) ?? throw new InvalidDataException($"{Library} has no {Function}");
        string old = await AssembleAsync("old", $".byte {string.Join(", ", code.Select(b => b.ToString(CultureInfo.InvariantCulture)))}");
        string @new = await AssembleAsync("new", "movl $-1, %eax\nbsfq %rdi, %rax\nleal 1(%rax), %eax\nret");
        var result = ObjectBuild.Run(old, @new, new BuildOptions { Name = "same-ffsll", InstalledFile = Library });
        Assert.True(result.Patch is not null, string.Join("; ", result.Refusals));
        string file = ScratchFolder.NewFile("same-ffsll.wfp");
        await File.WriteAllBytesAsync(file, result.Bytes);
        return new(result.Patch, file);
    }

    private static async Task<string> AssembleAsync(string name, string body)
    {
        string source = ScratchFolder.NewFile(name + ".s");
        await File.WriteAllTextAsync(source, $"""
            .section .text.{Function}, "ax", @progbits
            .globl {Function}
            .type {Function}, @function
            .p2align 4
            {Function}:
            .cfi_startproc
            {body}
            .cfi_endproc
            .size {Function}, . - {Function}
            .section .note.GNU-stack, "", @progbits

            """);
        string result = Path.ChangeExtension(source, ".o");
        (await ChildProcess.RunAsync(CommandLine.Of("gcc", "-c", "-o", result, source))).OrThrow();
        return result;
    }
}
