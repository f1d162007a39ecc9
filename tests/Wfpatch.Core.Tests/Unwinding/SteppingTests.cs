// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;
using Wfpatch.Core.Unwinding;
using Xunit;

namespace Wfpatch.Core.Tests.Unwinding;

/// <summary>Unwinds at every single instruction of running programs, the C library, the loader and the vdso included, and
/// compares with the calls and returns that were really made.</summary>
public sealed class SteppingTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("steps.c", "-O2", "-Wl,-z,lazy")]
    [InlineData("steps.c", "-O2", "-fomit-frame-pointer", "-Wl,-z,now", "-fcf-protection")]
    [InlineData("steps.c", "-O0", "-Wl,-z,now", "-no-pie")]
    [InlineData("steps.c", "-O2", "-fno-omit-frame-pointer")]
    [InlineData("steps.cc", "-O2", "-Wl,-z,now")]
    public void Every_instruction_s_stack_is_the_one_that_calls_and_returns_made(string source, params string[] options)
    {
        using var tools = new Toolchain();
        string stepper = tools.CompileFile("stepper", "stepper.c", "-O2");
        string program = tools.CompileFile("program", source, options);
        var judge = new Judge();
        StepRecording.Run(stepper, program, judge.Start, judge.Follow);

        output.WriteLine($"{judge.Steps} instructions: {judge.Right} right, {judge.Landing} in the landing of an exception, {judge.Failed.Count} failed");
        output.WriteLine(string.Join('\n', judge.Failed.GroupBy(f => f).Select(f => $"failed: {f.Key}: {f.Count()}")));
        Assert.True(judge.Steps > 10_000);
        Assert.Empty(judge.Wrong);
        // What remains: longjmp with the registers half changed, clone's system call, epilogues without right rules, and the
        // landing of an exception, which overwrites the saved registers of frames that it leaves.
        Assert.InRange(judge.Failed.Count, 0, judge.Steps / 300);
    }

    private sealed class Judge
    {
        private LoadedProgram? _program;
        private ShadowStack? _shadow;

        public int Steps { get; private set; }

        public int Right { get; private set; }

        public int Landing { get; private set; }

        public List<string> Failed { get; } = [];

        public List<string> Wrong { get; } = [];

        public void Start(LoadedProgram program) => (_program, _shadow) = (program, new ShadowStack(program));

        public void Follow(Step step)
        {
            var (trace, failure) = _program!.Unwinder.Trace(step.Registers, step.Stack);
            if (Steps++ == 0)
            {
                Assert.True(failure is null, failure?.Description);
                _shadow!.Start(trace!);
            }
            _shadow!.Follow(step);
            string place = Describe(step.Registers.ProgramCounter);
            if (trace is null)
            {
                Failed.Add($"{failure!.Reason} in {place}");
                return;
            }
            var found = ShadowStack.SlotsOf(trace).ToList();
            var expected = _shadow.Slots.ToList();
            if (found.SequenceEqual(expected))
            {
                Right++;
            }
            else if (place.StartsWith("libgcc_s", StringComparison.Ordinal) && found.SequenceEqual(expected[^found.Count..]))
            {
                // The tables speak of the stack that is landed on, one instruction before the stack pointer does.
                Landing++;
            }
            else
            {
                Wrong.Add($"{step.Registers.ProgramCounter} in {place}: {string.Join(' ', found)} instead of {string.Join(' ', expected)}");
            }
        }

        private string Describe(Address pc)
        {
            var table = _program!.Tables.FirstOrDefault(t => t.TryFind(pc, out _));
            return table is not null && table.TryFind(pc, out var function) ? $"{table.Name}, function {function}" : "no function";
        }
    }
}
