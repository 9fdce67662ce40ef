import { Module } from '@nestjs/common';

/** The edge towards people and CI. */
@Module({})
export class ManagementModule {}
