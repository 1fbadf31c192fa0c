namespace NonLocal.Tensors.Runtime;

/// <summary>
/// Philox4x32 with 10 rounds (Salmon et al., 2011): turns a 128-bit counter and a 64-bit key into four random 32-bit words.
/// There is no state: word n of a stream is computed without the words before it.
/// </summary>
public static class Philox
{
    private const int Rounds = 10;
    private const uint FirstMultiplier = 0xD2511F53;
    private const uint SecondMultiplier = 0xCD9E8D57;
    private const uint FirstWeyl = 0x9E3779B9;
    private const uint SecondWeyl = 0xBB67AE85;

    /// <summary>The four words of a counter under a key.</summary>
    public static (uint A, uint B, uint C, uint D) Block((uint A, uint B, uint C, uint D) counter, (uint First, uint Second) key)
    {
        (uint a, uint b, uint c, uint d) = counter;
        (uint first, uint second) = key;
        for (int round = 0; round < Rounds; round++)
        {
            ulong left = (ulong)FirstMultiplier * a;
            ulong right = (ulong)SecondMultiplier * c;
            (a, b, c, d) = ((uint)(right >> 32) ^ b ^ first, (uint)right, (uint)(left >> 32) ^ d ^ second, (uint)left);
            first += FirstWeyl;
            second += SecondWeyl;
        }

        return (a, b, c, d);
    }
}
