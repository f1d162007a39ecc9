// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Lab.Loads;

/// <summary>Sends MariaDB one statement again and again, and compares its one answer.</summary>
public sealed class StatementClient(int port, string statement, string answer) : ILoadClient
{
    private readonly MariaDbClient _client = new(port, statement, answer, answer);

    public Reply Exchange(long number)
    {
        try
        {
            return _client.Ask(statement) == answer ? Reply.Plain : Reply.Wrong;
        }
        catch (InvalidDataException)
        {
            return Reply.Wrong;
        }
    }

    public void Dispose() => _client.Dispose();
}
