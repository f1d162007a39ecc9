// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Targets;

namespace Wfpatch.Live.Obstacles;

/// <summary>Reasons why a process cannot be patched at all, whatever the patch. Writes nothing.</summary>
public sealed class ProcessObstacles(Target target, StopLog stops)
{
    private readonly string _subject = $"process {target.Process}";

    public IEnumerable<Refusal> Find()
    {
        if (target.Objects.IsEmpty)
        {
            yield return TargetRefusals.NotX8664.About(_subject, $"{_subject} is {KindOfProgram()}.");
            yield break;
        }
        if (target.Objects.All(o => !o.Image.FindDynamicSymbols("gnu_get_libc_version").Any(s => s.IsDefined)))
        {
            yield return TargetRefusals.LibcNotSupported.About(
                _subject, $"{_subject} does not run on a shared glibc, whose thread control block holds a thread's generation, but on {LibraryKind.Describe(target)}.");
            yield break;
        }
        if (new FaultObstacles(target).Find() is { } handled)
        {
            yield return handled;
            yield break;
        }
        int main = target.Proc.ReadThreads().FirstOrDefault(target.Process);
        if (ThreadControlBlock.Find(target.Linux, target.Memory, main) == Address.Zero && target.Proc.ReadThreadState(main) is not (null or 'Z' or 'X'))
        {
            yield return TargetRefusals.LibcNotSupported.About(_subject, $"Thread {main} of {_subject} has no control block of glibc's, which holds a thread's generation.");
        }
        if (SharedMemory.Find(target) is { } shared)
        {
            yield return shared;
        }
        if (FindTracer() is { } traced)
        {
            // Nobody else can read its filters either.
            yield return traced;
            yield break;
        }
        (target.Seccomp, var filtered) = new SeccompReader(target, stops).Read();
        if (filtered is not null)
        {
            // A filter may be against what follows a stop.
            yield return filtered;
            yield break;
        }
        if (SharedControlBlocks.Find(target, stops) is { } borrowed)
        {
            yield return borrowed;
        }
    }

    // The ELF header of the program's file (gABI, chapter 4): x32 programs are for this processor, with addresses of 32 bits.
    private string KindOfProgram()
    {
        const int ClassAt = 4, MachineAt = 18, Narrow = 1, X8664 = 62, X86 = 3;
        try
        {
            using var file = File.OpenRead($"/proc/{target.Process}/exe");
            var header = new byte[20];
            return file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length ? "not an x86-64 program"
                : (header[ClassAt], header[MachineAt]) switch
                {
                    (Narrow, X8664) => "an x32 program, with addresses of 32 bits",
                    (Narrow, X86) => "a program of 32 bits",
                    _ => "not an x86-64 program",
                };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "not an x86-64 program";
        }
    }

    private Refusal? FindTracer() => target.Proc.ReadThreads()
        .Select(t => target.Proc.ReadStatus("TracerPid", t) is { } tracer and not "0"
            ? TargetRefusals.Traced.About($"thread {t}", $"Process {tracer} traces thread {t}; detach it and try again.")
            : null)
        .FirstOrDefault(r => r is not null);
}
