// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Core.Elf;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Processes;
using Xunit;

namespace Wfpatch.Live.Tests.Code;

/// <summary>`symbols`: gdb and perf name new code, and gdb gets through its frames, without the process's part.</summary>
public sealed class SymbolsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Gdb_names_the_frames_of_new_code_and_those_behind_it()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/gdb"), "gdb is not installed");
        await using var program = await CxxProgram.StartAsync(ForcedUnwindingTests.WithExceptions with { Stripped = false }, "unwound");
        await InProcess.ApplyAsync(program.Id, program.Patch).ExpectAsync(Outcome.Done);
        Assert.Equal("parked", await program.Target.AskAsync("park", Cancel));
        string file = ScratchFolder.NewFile("new-code.elf");
        var symbols = await WfpatchCommand.RunAsync("symbols", "--pid", Id(program), "-o", file);
        Assert.Equal("done", symbols.Result);
        string command = symbols.Document.GetProperty("gdb_command").GetString()!;
        Assert.Equal($"add-symbol-file {file} -o 0", command);

        var gdb = await ChildProcess.RunAsync(CommandLine.Of("gdb", "-nx", "-p", Id(program), "-batch", "-ex", "set debuginfod enabled off", "-ex", command, "-ex", "thread apply all bt"), Cancel);
        string trace = gdb.Output;
        int inside = trace.IndexOf(" stay (", StringComparison.Ordinal);
        Assert.True(inside > 0 && trace.IndexOf(" call_stay (", inside, StringComparison.Ordinal) > inside, $"{trace}\n{gdb.Errors}");
        Assert.Equal("2 1 1", await program.Target.AskAsync("exit", Cancel));
    }

    [Fact]
    public async Task The_file_has_every_new_function_at_its_address()
    {
        await using var program = await CxxProgram.StartAsync();
        var report = await InProcess.ApplyAsync(program.Id, program.Patch).ExpectAsync(Outcome.Done);
        var symbols = new Commands(new NativeLinux()).Symbols(program.Id, withPerfMap: false);
        var (elf, refusal) = ElfFile.Parse(symbols.File, "new-code.elf");
        Assert.Null(refusal);
        Assert.All(report.Functions, f => Assert.Contains(elf!.Symbols, s => s.Name == f.Name && s.Value == f.NewCode.Value && s.SectionIndex > 0));
        // Functions and parts that replace nothing have names as well.
        Assert.Contains(elf!.Symbols, s => s.Name == "_ZNK8Newcomer4whatEv");
        Assert.Contains(elf.Symbols, s => s.Name.EndsWith(".cold", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_map_for_perf_is_written_for_each_state_and_nobody_elses_is_touched()
    {
        await using var program = await CxxProgram.StartAsync(ForcedUnwindingTests.WithExceptions, "unwound");
        await InProcess.ApplyAsync(program.Id, program.Patch).ExpectAsync(Outcome.Done);
        string map = $"/tmp/perf-{Id(program)}.map";
        try
        {
            for (int i = 0; i < 2; i++)
            {
                var written = await WfpatchCommand.RunAsync("symbols", "--pid", Id(program), "--perf-map");
                Assert.Equal(map, written.Document.GetProperty("perf_map").GetString());
                Assert.Contains(await File.ReadAllLinesAsync(map, Cancel), l => l.EndsWith(" stay", StringComparison.Ordinal));
            }
            await File.AppendAllTextAsync(map, "1000 10 somebody\n", Cancel);
            Assert.Equal("WF632", Assert.Single((new Commands(new NativeLinux()).Symbols(program.Id, withPerfMap: true)).Refusals).Code);
            File.Delete(map);
            string precious = ScratchFolder.NewFile("precious");
            await File.WriteAllTextAsync(precious, "", Cancel);
            File.CreateSymbolicLink(map, precious);
            Assert.Equal("WF632", Assert.Single((new Commands(new NativeLinux()).Symbols(program.Id, withPerfMap: true)).Refusals).Code);
            Assert.Equal("", await File.ReadAllTextAsync(precious, Cancel));
        }
        finally
        {
            File.Delete(map);
        }
    }

    [Fact]
    public async Task Perf_names_new_code()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/perf"), "perf is not installed");
        await using var program = await CxxProgram.StartAsync();
        await InProcess.ApplyAsync(program.Id, program.Patch).ExpectAsync(Outcome.Done);
        string map = $"/tmp/perf-{Id(program)}.map";
        try
        {
            Assert.Equal(Outcome.Done, new Commands(new NativeLinux()).Symbols(program.Id, withPerfMap: true).Outcome);
            string data = ScratchFolder.NewFile("perf.data");
            var record = await ChildProcess.RunAsync(CommandLine.Of("perf", "record", "-q", "-e", "cpu-clock:u", "-F", "20000", "-o", data, "-p", Id(program), "--", "sleep", "1"), Cancel);
            Assert.SkipUnless(record.Status.IsSuccess && File.Exists(data), $"perf cannot record here: {record.Errors}");
            var samples = await ChildProcess.RunAsync(CommandLine.Of("perf", "script", "-i", data, "-F", "ip,sym,dso"), Cancel);
            Assert.Contains(samples.Output.Split('\n'), l => l.Contains($"perf-{Id(program)}.map", StringComparison.Ordinal) && !l.Contains("[unknown]", StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(map);
        }
    }

    private static string Id(CxxProgram program) => program.Id.ToString(CultureInfo.InvariantCulture);
}
