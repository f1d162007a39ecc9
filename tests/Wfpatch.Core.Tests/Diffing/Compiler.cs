// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using Wfpatch.Core.Elf;

namespace Wfpatch.Core.Tests.Diffing;

/// <summary>The host's compiler and linker.</summary>
internal static class Compiler
{
    private static readonly string[] Usual = ["-O2", "-ffunction-sections", "-fdata-sections", "-fPIE", "-w"];

    public static void Compile(string source, string target, string[] flags) =>
        Run(source.EndsWith(".cc", StringComparison.Ordinal) ? "g++" : "gcc", [.. Usual, .. flags, "-c", source, "-o", target]);

    /// <summary>Links objects as they are into a program that could not run, but whose addresses are decided.</summary>
    public static ElfFile Link(IEnumerable<string> objects, string target)
    {
        // What crtbegin.o has in a program that could run.
        string handle = target + "-handle.s";
        File.WriteAllText(handle, ".section .rodata\n.balign 8\n.globl __dso_handle\n.hidden __dso_handle\n__dso_handle: .quad 0\n.size __dso_handle, 8\n.section .note.GNU-stack\n");
        Run("gcc", ["-nostdlib", "-pie", "-Wl,-e0", "-Wl,--unresolved-symbols=ignore-all", "-Wl,-z,notext", "-Wl,--no-relax", "-w", .. objects, handle, "-o", target]);
        return ReadElf(target);
    }

    public static ElfFile ReadElf(string path)
    {
        var (file, refusal) = ElfFile.Parse(File.ReadAllBytes(path), System.IO.Path.GetFileName(path));
        return file ?? throw new InvalidDataException(refusal!.Sentence);
    }

    private static void Run(string tool, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardError = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{tool} {string.Join(' ', arguments)}: {errors}");
        }
    }
}
