"""WeCom's group robots (消息推送): they tell registered groups what is published, nothing else."""
