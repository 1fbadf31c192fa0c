using NonLocal.Training;

namespace NonLocal.Tests.Training;

/// <summary>What schedules are beyond the published ones, which the verifier reads.</summary>
public class LearningRateScheduleTests
{
    [Fact]
    public void RateAt_StepAndMultiStepAtEqualDistances_AreTheSame()
    {
        StepRate step = new(0.4, 3, 0.5);
        MultiStepRate milestones = new(0.4, [3, 6, 9], 0.5);
        for (int t = 0; t < 12; t++)
        {
            Assert.Equal(step.RateAt(t), milestones.RateAt(t));
        }

        Assert.Equal(0.05, step.RateAt(9), 1e-15);
    }

    [Fact]
    public void WithWarmUp_HalfWay_IsHalfTheRate()
    {
        LearningRateSchedule schedule = new ConstantRate(0.2).WithWarmUp(10);
        Assert.Equal(0, schedule.RateAt(0));
        Assert.Equal(0.1, schedule.RateAt(5), 1e-15);
        Assert.Equal(0.2, schedule.RateAt(10));
    }

    [Fact]
    public void RateAt_AfterTheEnd_StaysAtTheEnd()
    {
        Assert.Equal(0.01, new CosineRate(0.1, 5, 0.01).RateAt(99), 1e-15);
        Assert.Equal(0, new PolynomialRate(0.1, 5).RateAt(99));
    }
}
