// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

namespace Wfpatch.Testing.Targets;

/// <summary>How code ended that a <see cref="CodeHost"/> ran.</summary>
/// <param name="Signal">5 (SIGTRAP): at an int3; anything else is a fault.</param>
/// <param name="Word">The word at %fs:0x80 afterwards.</param>
/// <param name="VectorsKept">Whether xmm0 to xmm15 are as they were when it began.</param>
public sealed record CodeRun(int Signal, HostRegisters Registers, uint Word, bool VectorsKept)
{
    public const int Trap = 5;

    /// <summary>The address of the int3 that ended it.</summary>
    public ulong TrapAddress => Registers[HostRegister.Rip] - 1;
}

/// <summary>The program tests/targets/codehost.c: runs code that a test gives it on a real processor, in a process that may be ruined.</summary>
public sealed class CodeHost : IAsyncDisposable
{
    private readonly TestTarget _target;

    private CodeHost(TestTarget target) => _target = target;

    public int Id => _target.Id;

    public static async Task<CodeHost> StartAsync(CancellationToken cancel = default) => new(await TestTarget.StartAsync("codehost", cancel: cancel));

    /// <summary>Maps fresh memory exactly there; false where something is mapped already.</summary>
    public async Task<bool> TryMapAsync(ulong address, ulong length) => await _target.AskAsync($"map {address:x} {length:x}") == "ok";

    public async Task PutAsync(ulong address, byte[] bytes) => await OkAsync($"put {address:x} {Convert.ToHexString(bytes)}");

    public async Task SetWordAsync(uint value) => await OkAsync($"word {value:x}");

    /// <summary>Loads the registers and goes, until an int3 or a fault.</summary>
    public async Task<CodeRun> RunAsync(HostRegisters registers)
    {
        string[] answer = (await _target.AskAsync($"run {registers}")).Split(' ');
        var found = new HostRegisters([.. answer[1..^2].Select(v => ulong.Parse(v, NumberStyles.HexNumber, CultureInfo.InvariantCulture))]);
        return new CodeRun(
            int.Parse(answer[0], CultureInfo.InvariantCulture), found, uint.Parse(answer[^2], NumberStyles.HexNumber, CultureInfo.InvariantCulture), answer[^1] == "1");
    }

    public ValueTask DisposeAsync() => _target.DisposeAsync();

    private async Task OkAsync(string command)
    {
        string answer = await _target.AskAsync(command);
        if (answer != "ok")
        {
            throw new InvalidOperationException($"{command}: {answer}");
        }
    }
}
